package patient

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/attune-health/attune/operators/decide"
	"github.com/attune-health/attune/schemas"
)

// never is what no brief says: words of the program, codes, numbers that nobody can use, gaps.
var never = map[string]*regexp.Regexp{
	"a placeholder or code":    regexp.MustCompile(`[{}_%]{2}|[{}_/]|\b[RA]\d\d\b`),
	"a bare number of seconds": regexp.MustCompile(`\d+ ?(s|ms|sec|seconds?|segundos?)\b`),
	"a fraction":               regexp.MustCompile(`\d[.,]\d`),
	"a gap":                    regexp.MustCompile(`  | [.,;:]|[.]{2}|: ?[.]|\( ?\)|: \.|^ | $`),
	"an unfinished sentence":   regexp.MustCompile(`[^.]$`),
	"a colon too many":         regexp.MustCompile(`:[^.]*:`),
	"a small beginning":        regexp.MustCompile(`^\p{Ll}|[.] \p{Ll}`),
	"a word of the program":    regexp.MustCompile(`(?i)\b(priority|brief|treatment|touchpoint|trigger|policy|catalogue|holdout|decision|probability|last resort|word on|preferred channel|unknown|null|flag|shard|zeroth|cero llamada)\b`),
	"what a page says":         regexp.MustCompile(`(?i)refill/form|symptoms/|stroke|suicide|chest|elder|insecurity|burden|literacy|homeless|critical|abnormal`),
}

// timeOfDay has a colon of its own.
var timeOfDay = regexp.MustCompile(`\b\d\d?:\d\d\b`)

// How many words a brief may have: the longest, of a life in which everything happened at once, and nine of
// ten.
const longest, usual = 120, 70

// lives makes random lives richer by what briefs tell: languages, menus, relations, conflicts, lags.
type lives struct{ chaos }

func (l *lives) step() {
	l.chaos.step()
	who := fmt.Sprintf("p-%d", l.r.IntN(12))
	switch l.r.IntN(8) {
	case 0:
		tp := webStep("", l.at, schemas.WebEventPageView, pick(l.r, []string{"home", "symptoms/suicide", "symptoms/chest-pain", "directions"}), "")
		tp.Language = schemas.Some(pick(l.r, []string{"en", "en-US", "es-MX", "vi", "xx"}))
		l.rig.touch(who, tp)
	case 1:
		l.calls++
		id := fmt.Sprintf("call-%d", l.calls)
		if l.r.IntN(3) == 0 {
			who = fmt.Sprintf("nobody-%d", l.calls)
		}
		tp := callStep("", l.at, schemas.CallEventSelfService, id)
		tp.Body.Call.Reason = pick(l.r, chaosReasons)
		tp.Body.Call.Relation, tp.Body.Call.MayKnow = pick(l.r, []string{"", "", "parent", "neighbour"}), pick(l.r, []string{"", "all", "none", "some code"})
		tp.Body.Call.Authenticated = pick(l.r, []string{"", "", "voice_pin"})
		in := l.rig.identified(who)
		in.IdentityConflict = l.r.IntN(6) == 0
		in.Payload.Kind, in.Payload.Touchpoint = schemas.IdentifiedPayloadTouchpoint, tp
		tp.EventID = "life/" + id
		in.Payload.Touchpoint = tp
		l.rig.put(&in)
		if l.r.IntN(2) == 0 {
			l.rig.touch(who, callStep("", l.at+schemas.Second, schemas.CallEventAbandoned, id))
		} else {
			l.called[who] = id
		}
	}
	l.rig.passed(l.at, pick(l.r, []string{"", "", "web", "app"}))
}

// TestTenThousandBriefsAreSentences reads the briefs of random lives as a strict editor would.
func TestTenThousandBriefsAreSentences(t *testing.T) {
	enough, steps := 5000, 1500
	if testing.Short() {
		enough, steps = 300, 300
	}
	for _, language := range []string{"en", "es"} {
		wording, err := decide.LoadWording(language)
		if err != nil {
			t.Fatal(err)
		}
		read, distinct := 0, map[string]string{}
		for seed := uint64(1); read < enough; seed++ {
			r := newRig(t, func(c *siteConfig) { c.Catalogue.Language, c.Brief.Wording = language, wording })
			l := &lives{chaos{r: rand.New(rand.NewPCG(seed, 11)), rig: r, at: noon, said: map[string][]schemas.Consent{}, called: map[string]string{}, checked: newPolicyChecker(t, r.config.Catalogue)}}
			for range steps {
				l.step()
				list := decodeAll[schemas.DecisionInput](t, r.take(r.config.Emit.Topics.DecisionInputs))
				for i := range list {
					read++
					d := &list[i].Decision
					distinct[d.Brief.Reveal()] = d.Action.ID
					if d.Delivered {
						l.last = *d
					}
				}
			}
		}
		var lengths []int
		for brief, action := range distinct {
			lengths = append(lengths, len(strings.Fields(brief)))
			readStrictly(t, language, action, brief)
		}
		slices.Sort(lengths)
		half, most := lengths[len(lengths)/2], lengths[len(lengths)*9/10]
		if most > usual {
			t.Errorf("%s: one of ten briefs has more than %d words", language, usual)
		}
		t.Logf("%s: %d briefs, %d of them different, half of at most %d words, nine of ten of %d, the longest of %d", language, read, len(distinct), half, most, lengths[len(lengths)-1])
	}
}

func readStrictly(t *testing.T, language, action, brief string) {
	t.Helper()
	if t.Failed() {
		return // one is enough to read
	}
	if n := len(strings.Fields(brief)); n > longest || n == 0 {
		t.Errorf("%s, %s: %d words: %q", language, action, n, brief)
	}
	told := timeOfDay.ReplaceAllString(brief, "then")
	for what, re := range never {
		if m := re.FindString(told); m != "" {
			t.Errorf("%s, %s: %s, %q: %q", language, action, what, m, brief)
		}
	}
}
