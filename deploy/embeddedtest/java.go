package embeddedtest

import (
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// oldestJava is the oldest Java that Apache Kafka 4 runs on.
const oldestJava = 17

// HaveJava reports whether Java and Maven are here, and if not, what is missing.
func HaveJava() (ok bool, why string) {
	for _, name := range []string{"java", "javac", "mvn"} {
		if _, err := exec.LookPath(name); err != nil {
			return false, name + " is not on PATH"
		}
	}
	out, err := exec.Command("javac", "-version").CombinedOutput()
	if err != nil {
		return false, fmt.Sprintf("javac -version: %v", err)
	}
	major, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(string(out)), "javac "), ".")
	if version, err := strconv.Atoi(major); err != nil || version < oldestJava {
		return false, fmt.Sprintf("javac is %q, and Apache Kafka needs %d", strings.TrimSpace(string(out)), oldestJava)
	}
	return true, ""
}

// RequireJava skips a test where there is no Java, and names what is missing. go test hides that without -v, so what
// runs the whole suite says it again at its end.
func RequireJava(t *testing.T) {
	t.Helper()
	if ok, why := HaveJava(); !ok {
		t.Skipf("NOT TESTED on Apache Kafka: %s", why)
	}
}
