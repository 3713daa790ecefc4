package patient

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/attune-health/attune/operators/decide"
	"github.com/attune-health/attune/schemas"
	"github.com/cockroachdb/datadriven"
)

// TestDecisionScripts runs testdata/decide: each line of "run" is a time that passes and what happens
// then; the output is every decision evaluated. "receipt" says what took actions out the last time;
// "examples" lists what the trainer was told.
func TestDecisionScripts(t *testing.T) {
	datadriven.Walk(t, "testdata/decide", func(t *testing.T, path string) {
		s := newDecisionScript(t)
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			s.rig.tb = t
			return s.command(d)
		})
	})
}

type decisionScript struct {
	rig *rig
	at  schemas.Millis
	ids map[string]string // decisions by number, for reading
}

func newDecisionScript(t *testing.T) *decisionScript {
	r := newRig(t, func(c *siteConfig) { c.Catalogue.Holdout.Share = 0 })
	return &decisionScript{rig: r, at: noon, ids: map[string]string{}}
}

func (s *decisionScript) command(d *datadriven.TestData) string {
	switch d.Cmd {
	case "run":
		for _, line := range strings.Split(d.Input, "\n") {
			s.line(line)
		}
		return s.decisions()
	case "holdout":
		s.rig.config.Catalogue.Holdout.Share = 0.5
		return ""
	case "receipt":
		return s.receipt(d)
	case "examples":
		return s.examples()
	}
	return "unknown command " + d.Cmd
}

// line is "+40s web form_error page=refill/form reason=R03".
func (s *decisionScript) line(line string) {
	f := strings.Fields(line)
	wait, err := time.ParseDuration(strings.TrimPrefix(f[0], "+"))
	if err != nil {
		s.rig.tb.Fatalf("%q: %v", line, err)
	}
	s.at = s.at.Add(wait)
	arg := map[string]string{"contact": "call-1", "who": pat}
	for _, a := range f[3:] {
		k, v, _ := strings.Cut(a, "=")
		arg[k] = v
	}
	switch kind, event := f[1], f[2]; kind {
	case "web":
		s.touch(arg, webStep("", s.when(arg), eventNamed[schemas.WebEvent](s.rig.tb, event), arg["page"], arg["reason"]))
	case "app":
		s.touch(arg, appStep("", s.when(arg), eventNamed[schemas.AppEvent](s.rig.tb, event), arg["page"], arg["reason"]))
	case "ehr":
		tp := ehrStep("", s.when(arg), eventNamed[schemas.EhrEvent](s.rig.tb, event), arg["reason"])
		tp.Body.Ehr.Code, tp.Body.Ehr.Status = schemas.Protected(arg["code"]), arg["status"]
		s.rig.touch(arg["who"], tp)
	case "call":
		tp := callStep("", s.at, eventNamed[schemas.CallEvent](s.rig.tb, event), arg["contact"])
		tp.Body.Call.Reason, tp.Body.Call.Queue = arg["reason"], arg["queue"]
		tp.Body.Call.Relation, tp.Body.Call.MayKnow, tp.Body.Call.Authenticated = arg["relation"], arg["may_know"], arg["authenticated"]
		s.touch(arg, tp)
	case "consent":
		s.consent(event, arg)
	case "watermark": // of a channel: how far behind now, and whether its source has nothing more
		s.rig.watermark(event, s.when(arg), arg["idle"] != "")
	case "outcome":
		s.rig.outcome(arg["who"], s.ids[arg["of"]], s.at, eventNamed[schemas.Outcome](s.rig.tb, event))
	default:
		s.rig.tb.Fatalf("%q: unknown kind", line)
	}
}

// when is the event time of a line: now, or some time ago where it says how late the record is.
func (s *decisionScript) when(arg map[string]string) schemas.Millis {
	late, err := time.ParseDuration(cmp.Or(arg["late"], "0s"))
	if err != nil {
		s.rig.tb.Fatal(err)
	}
	return s.at.Add(-late)
}

func (s *decisionScript) touch(arg map[string]string, tp schemas.Touchpoint) {
	if v := arg["language"]; v != "" {
		tp.Language = schemas.Some(v)
	}
	in := s.rig.identified(arg["who"])
	in.IdentityConflict = arg["conflict"] != ""
	s.rig.touchAs(&in, tp)
}

func (s *decisionScript) consent(status string, arg map[string]string) {
	c := schemas.Consent{OccurredAt: s.at, Channel: arg["channel"], Purpose: arg["purpose"], Status: eventNamed[schemas.ConsentStatus](s.rig.tb, status)}
	if v, ok := arg["zone"]; ok {
		c.TimeZone = schemas.Some(v)
	}
	if v, ok := arg["adult"]; ok {
		c.Adult = schemas.Some(v == "yes")
	}
	if v, ok := arg["prefers"]; ok {
		c.PreferredChannel = schemas.Some(v)
	}
	s.rig.consent(arg["who"], c)
}

// eventNamed is the symbol of an enum by name.
func eventNamed[E interface {
	~uint8
	fmt.Stringer
}](tb testing.TB, name string) E {
	for i := range 40 {
		if E(i).String() == name {
			return E(i)
		}
	}
	tb.Fatalf("no event %q", name)
	return 0
}

func (s *decisionScript) decisions() string {
	var b strings.Builder
	for _, in := range s.rig.inputs()[len(s.ids):] {
		d := &in.Decision
		name := fmt.Sprintf("d%d", len(s.ids)+1)
		s.ids[name] = d.DecisionID
		fmt.Fprintf(&b, "%s %s %s", name, d.AsOf.Time().Format("15:04:05"), d.Action.ID)
		for _, x := range []string{d.Action.Treatment, d.Action.Number, d.Action.Channel, d.ContactRef.V} {
			if x != "" {
				fmt.Fprintf(&b, " %q", x)
			}
		}
		for _, other := range sortedKeys(s.ids) {
			if d.Supersedes.OK && s.ids[other] == d.Supersedes.V {
				b.WriteString(" supersedes " + other)
			}
		}
		for _, x := range []struct {
			is   bool
			name string
		}{{d.Cancelled, "cancelled"}, {d.LastResort, "last resort"}, {!d.Delivered, "not delivered"}, {d.Arm == decide.ArmHoldout, "holdout"}} {
			if x.is {
				b.WriteString(", " + x.name)
			}
		}
		if len(d.Alternatives) > 0 {
			b.WriteString(", or")
			for _, a := range d.Alternatives {
				b.WriteString(" " + a.ID)
			}
		}
		b.WriteString("\n" + knownAlong(d))
	}
	if b.Len() == 0 {
		return "nothing new\n"
	}
	return b.String()
}

// knownAlong is what a decision carries besides its action, a line each; the duty to verify is left out,
// for nearly every call has it.
func knownAlong(d *schemas.NextBestAction) string {
	var b strings.Builder
	line := func(name string, words []string) {
		if len(words) > 0 {
			fmt.Fprintf(&b, "   %s: %s\n", name, strings.Join(words, ", "))
		}
	}
	line("new", d.News)
	var flags, duties, told []string
	for _, x := range d.RedFlags {
		flags = append(flags, fmt.Sprintf("%s by %s of %s at %s", x.Kind, x.Source, x.EventID, x.At.Time().Format("15:04:05")))
	}
	for _, x := range d.Duties {
		if x.Code == "verify_identity" && x.Because == "" {
			continue
		}
		duties = append(duties, strings.Join(slices.DeleteFunc([]string{x.Code, x.Service, x.Number, x.Value, x.Because}, func(s string) bool { return s == "" }), " "))
	}
	for _, x := range d.Facts {
		n := ""
		if x.N > 0 {
			n = fmt.Sprint(x.N)
		}
		told = append(told, strings.Join(slices.DeleteFunc([]string{x.Code, x.Value, x.Detail, n, x.EventID}, func(s string) bool { return s == "" }), " "))
	}
	line("flags", flags)
	line("duties", duties)
	line("facts", told)
	line("degraded", slices.DeleteFunc(slices.Clone(d.Degraded), func(s string) bool { return s == "no_model" }))
	if d.Exposed != "" {
		fmt.Fprintf(&b, "   exposed: %s %s\n", d.Exposed, d.Arm)
	}
	return b.String()
}

func sortedKeys(m map[string]string) (keys []string) {
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// receipt says which stage and rule took the named actions out when decisions were last evaluated,
// whether or not that changed anything.
func (s *decisionScript) receipt(d *datadriven.TestData) string {
	var b strings.Builder
	j := &s.rig.decide.Judge
	j.Explain(&s.rig.decide.Facts, j.Gate.State, nil)
	for _, name := range d.CmdArgs {
		i := slices.IndexFunc(j.Catalogue.Actions, func(a decide.Action) bool { return a.ID == name.Key })
		if i == j.Chosen {
			fmt.Fprintf(&b, "%s chosen\n", name.Key)
			continue
		}
		fmt.Fprintf(&b, "%s %s %s\n", name.Key, j.Removed[i].Stage, j.Removed[i].Rule)
	}
	return b.String()
}

func (s *decisionScript) examples() string {
	var b strings.Builder
	for _, x := range s.rig.examples() {
		if x.ExposureBand >= 0 {
			fmt.Fprintf(&b, "moment in band %d: %s\n", x.ExposureBand, time.Duration(x.ContactAfterMs)*time.Millisecond)
			continue
		}
		fmt.Fprintf(&b, "%s, predicted %s, %d features, at %s, labelled %s\n", x.Reason, x.Predicted, len(x.Features),
			x.PredictedAt.Time().Format("15:04:05"), x.LabelledAt.Time().Format("15:04:05"))
	}
	return b.String()
}
