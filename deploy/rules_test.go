package deploy_test

import (
	"os"
	"os/exec"
	"regexp"
	"testing"
)

// TestAlertsFireWhenTheyShould runs the cases of alerts_test.yaml, as Prometheus's own tool does, and fails for a rule of
// which no case says when it fires.
func TestAlertsFireWhenTheyShould(t *testing.T) {
	rules, err := os.ReadFile("alerts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	cases, err := os.ReadFile("alerts_test.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`- alert: (\w+)`).FindAllStringSubmatch(string(rules), -1) {
		if !regexp.MustCompile(`alertname: ` + m[1] + `\n\s+exp_alerts:`).Match(cases) {
			t.Errorf("no case says when %s fires", m[1])
		}
	}
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		t.Skip("promtool is not installed (Debian: apt-get install prometheus): THE CASES OF alerts_test.yaml WERE NOT RUN")
	}
	for _, args := range [][]string{{"check", "config", "prometheus.yaml"}, {"test", "rules", "alerts_test.yaml"}} {
		if out, err := exec.CommandContext(t.Context(), promtool, args...).CombinedOutput(); err != nil {
			t.Errorf("promtool %v: %v\n%s", args, err, out)
		}
	}
}
