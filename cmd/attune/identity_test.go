package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/attune-health/attune/internal/exit"
	"github.com/attune-health/attune/schemas"
)

// A person takes an identifier out of use and gives it back; doctor says what rules have come to, and
// nobody says the identifier.
func TestIdentifierIsTakenOutOfUseAndGivenBack(t *testing.T) {
	t.Parallel()
	p := newPlant(t, "telemetry: {listen: '127.0.0.1:0'}\n")
	runs := start(t, "run", "--config", p.config, "--with", "sink")
	runs.ready(t)
	const secret = "7F9A2C1E-1111-4222-8333-944455556666"
	standing := func(op, kind, value string) said {
		cmd := command(t.Context(), "identity", op, kind, "--config", p.config)
		cmd.Stdin = strings.NewReader(value)
		var out, errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &errs
		_ = cmd.Run() // the exit code says it
		return said{out.String(), errs.String(), cmd.ProcessState.ExitCode()}
	}
	view := func(id, device string) {
		v := step(id, func(v *schemas.Touchpoint) {
			v.Identifiers = []schemas.Identifier{{Kind: schemas.IdentifierKindDevice, Value: schemas.Protected(device)}}
		})
		p.send(schemas.TopicTouchpointsWeb, 0, nil, p.framed(schemas.TopicTouchpointsWeb, v))
		p.quiet("attune", "attune-sink")
	}
	doctor := func(words ...string) {
		t.Helper()
		var text string
		await(t, 30*time.Second, "doctor says "+strings.Join(words, ", "), func() bool {
			text = try(t, "doctor", "--config", p.config).stdout
			for _, w := range words {
				if !strings.Contains(text, w) {
					return false
				}
			}
			return true
		})
		if strings.Contains(strings.ToLower(text), strings.ToLower(secret[:8])) {
			t.Errorf("doctor shows the identifier: %s", text)
		}
	}
	doctor("form 1", "telephone numbers of US", "0 are shared")
	if s := standing("quarantine", "device", secret+"\n"); s.code != exit.CodeOK {
		t.Fatalf("quarantine: %+v", s)
	}
	p.quiet("attune")
	doctor("1 identifiers are quarantined")
	view("e1", strings.ToLower(secret))
	view("e2", "00000000-0000-0000-0000-000000000000")
	doctor("1 had no identifier that names somebody (quarantined)", "1 had no identifier that names somebody (placeholder)")
	if s := standing("release", "device", secret); s.code != exit.CodeOK {
		t.Fatalf("release: %+v", s)
	}
	p.quiet("attune")
	if text := try(t, "doctor", "--config", p.config).stdout; strings.Contains(text, "are quarantined") {
		t.Errorf("released, and doctor says: %s", text)
	}
	for _, bad := range [][2]string{{"shoe", "x"}, {"device", ""}} {
		if s := standing("release", bad[0], bad[1]); s.code != exit.CodeUsage {
			t.Errorf("%q: %+v", bad, s)
		}
	}
	text, err := os.ReadFile(runs.log)
	if err != nil || strings.Contains(strings.ToLower(string(text)), strings.ToLower(secret[:8])) {
		t.Errorf("the log shows the identifier (%v)", err)
	}
	runs.stop(t)
}
