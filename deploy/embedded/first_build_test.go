package embedded

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// firstBuild is what make demo says before it fetches anything.
func firstBuild(t *testing.T, env ...string) string {
	t.Helper()
	cmd := exec.Command(filepath.Join("..", "..", ".ci", "first-build"), "demo")
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return string(out)
}

func TestFirstDemoSaysWhatItIsGoingToFetch(t *testing.T) {
	pkg, err := enginePackageFor("linux", "amd64")
	if err != nil {
		t.Fatal(err)
	}
	engine := fmt.Sprintf("%d MB", (pkg.size+500_000)/1_000_000)
	empty := t.TempDir()
	first := firstBuild(t, "GOMODCACHE="+filepath.Join(empty, "mod"), CacheDirEnv+"="+filepath.Join(empty, "attune"), "ARGS=")
	wanted := []string{"fetches Go modules", filepath.Join(empty, "mod")}
	if _, err := exec.LookPath("clickhouse"); err != nil {
		wanted = append(wanted, "fetches the ClickHouse engine", engine, filepath.Join(empty, "attune"))
	}
	for _, want := range wanted {
		if !strings.Contains(first, want) {
			t.Errorf("no word of %q in: %s", want, first)
		}
	}
	cached := filepath.Join(empty, "cached")
	if err := os.MkdirAll(filepath.Join(cached, "clickhouse"), 0o755); err != nil {
		t.Fatal(err)
	}
	if again := firstBuild(t, CacheDirEnv+"="+cached, "ARGS="); again != "" {
		t.Errorf("with everything there it says: %s", again)
	}
	own := firstBuild(t, CacheDirEnv+"="+empty, "ARGS=--for 3s --clickhouse clickhouse://here")
	if strings.Contains(own, "engine") {
		t.Errorf("with a server of one's own it says: %s", own)
	}
}
