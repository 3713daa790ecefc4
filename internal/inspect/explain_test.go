package inspect

import (
	"bufio"
	"strings"
	"testing"
	"time"

	"github.com/attune-health/attune/internal/config"
	"github.com/attune-health/attune/internal/roles"
)

// TestDecisionIsToldInTheSitesWords: actions and reasons in words, what spoke for the reason with its share, and
// of each other action the stage, the rule and, where it was rated, what it was worth.
func TestDecisionIsToldInTheSitesWords(t *testing.T) {
	c, err := config.Read([]byte("{}"))
	if err != nil {
		t.Fatal(err)
	}
	var e Explain
	if e.words, err = roles.Words(&c); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	e.out = bufio.NewWriter(&out)
	at := time.Date(2026, 3, 9, 12, 0, 0, 0, time.UTC)
	e.tell(&decision{
		at: at, delivered: true, contact: "call-1", trigger: "cc/1", policy: "health-2", model: "v7", action: "A01", treatment: "pharmacy", channel: "voice",
		score: .812, propensity: .98, p15m: .1, p24h: .25, urgency: .3, reasons: []string{"R03", "R99"}, shares: []float64{.625, .1},
		alternatives: []string{"A02"}, scores: []float64{.5}, removed: []string{"A02", "A04", "A77"}, stages: []string{"arbitration", "contact_policy", "later_stage"},
		rules: []string{"", "quiet_hours", ""}, features: []string{"visit/now"}, texts: []string{"the last visit, minutes ago, was about a refill"}, weights: []float64{1.25},
		times: []time.Time{at.Add(-time.Minute)}, degraded: []string{"no_model"}, duties: []string{"verify_identity"}, known: []string{"hung_up"},
	})
	if err := e.out.Flush(); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"2026-03-09T12:00:00Z, policy health-2, model v7\nbecause of cc/1, within a contact\n", "chosen: route to pharmacy queue", "(A01)\n  worth 0.812, chosen with probability 0.98, on voice\n",
		"duties: verify identity\n", "to know first: hung up\n", "was missing: no model\n", "within 15 min: 10.0 %, within 24 h: 25.0 %", " 62.5 %  ", "(R03)\n", " 10.0 %  R99\n",
		"+1.25  the last visit, minutes ago, was about a refill, 2026-03-09 11:59:00  [visit/now]\n",
		"(A02): another was worth more, worth 0.500\n", "(A04): the contact policy held it back: quiet hours\n", "A77: later stage\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
}
