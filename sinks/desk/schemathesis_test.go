package desk

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/attune-health/attune/schemas"
)

// TestSchemathesisFindsNothing lets a stranger's program make up requests from openapi.json, valid ones and others, and
// compare the answers with it. Streams are left out: they have no end.
func TestSchemathesisFindsNothing(t *testing.T) {
	program, err := exec.LookPath("schemathesis")
	if err != nil {
		t.Skip("schemathesis is not installed (pip install schemathesis): nobody has made up requests from openapi.json")
	}
	r := newRig(t, func(c *Config) {
		c.WritesCalls, c.BehindProxy, c.PublicURL = true, true, "https://desk.example.org"
		c.Tokens = []string{fmt.Sprintf("stranger %x contact:read+contact:write+person:read+live:read+insights:read+health:read+cds+webhooks", sha256.Sum256([]byte("stranger")))}
	})
	r.token = "stranger"
	r.put(schemas.TopicPersonas, "Persona", "madeup", &schemas.Persona{PersonRef: "madeup", Language: "es"})
	r.call("madeup", "madeup-shard", callStep("madeup/1", "madeup-call", schemas.CallEventQueued, 1))
	r.decide(decision("madeup-1", "madeup", "madeup-call"))
	r.shows("madeup-call", "madeup-1")
	await(t, "it is current", func() bool { return r.desk.Behind().Current })
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, "run", r.url+"/openapi.json", "--phases", "examples,coverage,fuzzing", "--max-examples", "30",
		"--generation-deterministic", "--exclude-path-regex", "/events$", "--request-timeout", "20", "--no-color", "-H", "Authorization: Bearer stranger")
	cmd.Dir = t.TempDir()
	// The reasons of dispositions are the site's: no schema has them.
	settings := "[[operations]]\ninclude-path = \"/v1/contacts/{contact_ref}/feedback\"\nchecks.positive_data_acceptance.enabled = false\n"
	if err := os.WriteFile(filepath.Join(cmd.Dir, "schemathesis.toml"), []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
