package embedded_test

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// runUntilKilled runs the calling test in a second process with one more environment variable, expects that process
// to be killed, and returns the process id that it printed.
func runUntilKilled(t *testing.T, env string) int {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), env)
	output, err := cmd.Output()
	if err == nil {
		t.Fatalf("second process was not killed: %s", output)
	}
	_, after, found := strings.Cut(string(output), "pid ")
	var pid int
	if _, err := fmt.Sscan(after, &pid); !found || err != nil {
		t.Fatalf("second process printed no process id: %s", output)
	}
	return pid
}
