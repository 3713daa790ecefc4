package inspect

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/attune-health/attune/internal/config"
	"github.com/attune-health/attune/internal/exit"
	"github.com/attune-health/attune/internal/roles"
	"github.com/attune-health/attune/operators/decide"
	"github.com/attune-health/attune/sinks/clickhouse"
)

// Explain tells a decision in words: what was chosen, what spoke for the reason, and what the other actions lost to.
type Explain struct {
	// ID is the decision's id.
	ID string

	words *decide.Words
	out   *bufio.Writer
}

// decision is what is kept of a decision.
type decision struct {
	at                                            time.Time
	delivered, cancelled                          bool
	contact, trigger, policy, model               string
	action, treatment, channel, service           string
	score, propensity                             float64
	p15m, p24h, urgency                           float64
	reasons, alternatives, removed, stages, rules []string
	features, texts, degraded, duties, known      []string
	weights, shares, scores                       []float64
	times                                         []time.Time
}

// columns are those of decision, in the order in which scan takes them.
const columns = "as_of, delivered, cancelled, contact_ref, trigger_id, policy_version, model_version, action_id, action_treatment, action_channel, " +
	"action_service, action_score, action_propensity, p_15m, p_24h, urgency, `reasons.code`, `reasons.p`, `alternatives.id`, `alternatives.score`, `receipt.action`, " +
	"`receipt.stage`, `receipt.rule`, `evidence.feature`, `evidence.text`, `evidence.weight`, `evidence.at`, degraded, `duties.code`, `facts.code`"

func (d *decision) scan(s clickhouse.Scanner) error {
	return s.Scan(&d.at, &d.delivered, &d.cancelled, &d.contact, &d.trigger, &d.policy, &d.model, &d.action, &d.treatment, &d.channel,
		&d.service, &d.score, &d.propensity, &d.p15m, &d.p24h, &d.urgency, &d.reasons, &d.shares, &d.alternatives, &d.scores, &d.removed,
		&d.stages, &d.rules, &d.features, &d.texts, &d.weights, &d.times, &d.degraded, &d.duties, &d.known)
}

// Run reads the decision from ClickHouse and tells it.
func (e *Explain) Run(ctx context.Context, c *config.Config, client *clickhouse.Client, out io.Writer) error {
	var err error
	if e.words, err = roles.Words(c); err != nil {
		return err
	}
	var d decision
	found := false
	err = client.Each(ctx, "SELECT "+columns+" FROM {db}.current_actions WHERE decision_id = ?", func(s clickhouse.Scanner) error {
		found = true
		return d.scan(s)
	}, e.ID)
	if err != nil {
		return exit.Unavailable(err)
	}
	if !found {
		return exit.Failed(errors.New("no decision of this id"))
	}
	e.out = bufio.NewWriter(out)
	e.tell(&d)
	return e.out.Flush()
}

// withCode is what words say, with the code behind them.
func withCode(words, code string) string {
	if words == code {
		return code
	}
	return words + " (" + code + ")"
}

func (e *Explain) action(id, treatment string) string {
	return withCode(e.words.Action(id, treatment), id)
}

func (e *Explain) reason(code string) string { return withCode(e.words.Reason(code), code) }

func (e *Explain) tell(d *decision) {
	say := func(format string, args ...any) { fmt.Fprintf(e.out, format+"\n", args...) }
	say("%s, policy %s, model %s", d.at.UTC().Format(time.RFC3339), d.policy, d.model)
	where := ""
	if d.contact != "" {
		where = ", within a contact"
	}
	say("because of %s%s\n", d.trigger, where)
	switch verb := "chosen, and told nobody"; {
	case d.cancelled:
		say("an earlier action is withdrawn; nothing takes its place")
	default:
		if d.delivered {
			verb = "chosen"
		}
		say("%s: %s", verb, e.action(d.action, d.treatment))
		say("  worth %.3f, chosen with probability %.2f%s", d.score, d.propensity, prefixed(", on ", d.channel))
	}
	for _, line := range [...][2]string{{"duties", decide.PlainList(d.duties)}, {"to know first", decide.PlainList(d.known)}, {"was missing", decide.PlainList(d.degraded)}} {
		if line[1] != "" {
			say("  %s: %s", line[0], line[1])
		}
	}
	say("\na contact within 15 min: %.1f %%, within 24 h: %.1f %%; urgency %.2f", 100*d.p15m, 100*d.p24h, d.urgency)
	for i, code := range d.reasons {
		say("  %5.1f %%  %s", 100*d.shares[i], e.reason(code))
	}
	e.tellEvidence(d)
	e.tellOthers(d)
}

func prefixed(prefix, s string) string {
	if s == "" {
		return ""
	}
	return prefix + s
}

// tellEvidence tells what spoke most for the reason that was named.
func (e *Explain) tellEvidence(d *decision) {
	if len(d.texts) == 0 {
		fmt.Fprintln(e.out, "\nnothing speaks for that reason but how usual it is")
		return
	}
	fmt.Fprintln(e.out, "\nwhat speaks for the first, in log-odds")
	for i, text := range d.texts {
		when := ""
		if at := d.times[i]; at.Unix() > 0 {
			when = ", " + at.UTC().Format(time.DateTime)
		}
		fmt.Fprintf(e.out, "  %+5.2f  %s%s  [%s]\n", d.weights[i], text, when, d.features[i])
	}
}

// tellOthers tells what each other action lost to.
func (e *Explain) tellOthers(d *decision) {
	scores := map[string]float64{}
	for i, id := range d.alternatives {
		scores[id] = d.scores[i]
	}
	fmt.Fprintln(e.out, "\nthe others")
	for i, id := range d.removed {
		score, known := scores[id]
		if !known {
			score = -1
		}
		why := e.words.Lost(d.stages[i], d.rules[i], score)
		fmt.Fprintf(e.out, "  %s: %s\n", e.action(id, ""), why)
	}
}
