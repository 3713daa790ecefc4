package world

import (
	"github.com/attune-health/attune/benchmarks/journeys"
	"github.com/attune-health/attune/schemas"
)

// outcome of a script.
type outcome uint8

const (
	failed outcome = iota
	worked
	// neither: it solves nothing and fails in nothing.
	neither
)

// A script is one attempt as it is seen: its steps in order.
type script struct {
	pattern int
	channel schemas.Channel
	steps   []journeys.Step
	outcome outcome
	// Probability that the session is hidden from identity.
	hidden float64
	// Probability that the need is solved by it.
	solved float64
	// The danger that one of its steps shows.
	flag schemas.Flag
	// That step.
	sign int
	// It looks like danger and is none.
	near bool
}

// pattern is what the scripts of one pattern share: how the attempts of each need divide among patterns, and
// how often sessions without a purpose play it.
type pattern struct {
	name    string
	weights [needs]float64
	routine float64
}

// playbook is all that patients do on the site.
type playbook struct {
	patterns []pattern
	scripts  []script
	// Places whose names the code knows.
	home, help, article, chat uint8
}

func newPlaybook() *playbook {
	b := &playbook{}
	for n := range uint8(journeys.Places) {
		switch journeys.PlaceName(n) {
		case "home":
			b.home = n
		case "help/contact":
			b.help = n
		case "symptoms/article":
			b.article = n
		case "chat":
			b.chat = n
		}
	}
	for _, p := range journeys.Patterns() {
		b.add(p)
	}
	for _, d := range journeys.Dangers() {
		b.addDanger(d)
		b.addNear(d)
	}
	return b
}

// add takes over a pattern: two scripts.
func (b *playbook) add(p journeys.Pattern) {
	w := pattern{name: p.Name}
	for n, x := range p.Weights {
		w.weights[n] = float64(x)
	}
	w.weights[criticalResult] = w.weights[results]
	if p.Name == "symptom-search" {
		w.weights[urgentSymptom] = 25
	}
	for n, x := range p.Weights {
		w.routine += float64(float64(x) * onsetsPerYear[n])
	}
	number := len(b.patterns)
	b.patterns = append(b.patterns, w)
	for o, steps := range [...][]journeys.Step{failed: p.Failed, worked: p.Worked} {
		s := script{pattern: number, channel: p.Channel, outcome: outcome(o), solved: solvedFailed / 100.0, steps: within(p.Channel, steps)}
		if s.outcome == worked {
			s.solved = solvedWorked / 100.0
		}
		s.hidden = hiddenShare(p.Channel, s.steps)
		b.scripts = append(b.scripts, s)
	}
}

// within leaves out what comes hours after the session.
func within(c schemas.Channel, steps []journeys.Step) []journeys.Step {
	var kept []journeys.Step
	for _, s := range steps {
		if c != schemas.ChannelApp || schemas.AppEvent(s.Event) != schemas.AppEventMessageAnswered {
			kept = append(kept, s)
		}
	}
	return kept
}

// hiddenShare is the probability that a session is hidden: who fails to log in mostly stays unknown, and
// public pages are mostly read without logging in.
func hiddenShare(c schemas.Channel, steps []journeys.Step) float64 {
	if c == schemas.ChannelApp {
		return hiddenApp / 100.0
	}
	share := hiddenPublic / 100.0
	for _, s := range steps {
		switch schemas.WebEvent(s.Event) {
		case schemas.WebEventLoginFailed:
			return hiddenLogin / 100.0
		}
		switch journeys.PlaceReason(s.Place) {
		case "R03", "R04", "R06", "R07", "R10":
			share = hiddenPortal / 100.0
		}
	}
	return share
}

// addDanger adds what people in danger do: search and read, search only, read only, or tell the chatbot.
func (b *playbook) addDanger(d journeys.Danger) {
	found := journeys.Step{Event: uint8(schemas.WebEventSearch), Place: d.Place, Results: 7}
	page := journeys.Step{Event: uint8(schemas.WebEventPageView), Place: d.Place, Results: -1}
	exit := journeys.Step{Event: uint8(schemas.WebEventExit), Place: b.home, Results: -1}
	turn := journeys.Step{Event: uint8(schemas.AppEventChatbotTurn), Place: b.chat, Results: -1}
	told := journeys.Step{Event: uint8(schemas.AppEventChatbotTurn), Place: d.Place, Results: -1}
	for _, x := range [...]struct {
		weight  int
		channel schemas.Channel
		sign    int
		steps   []journeys.Step
	}{
		{40, schemas.ChannelWeb, 0, []journeys.Step{found, page, exit}},
		{18, schemas.ChannelWeb, 0, []journeys.Step{found}},
		{28, schemas.ChannelWeb, 0, []journeys.Step{page, exit}},
		{14, schemas.ChannelApp, 1, []journeys.Step{turn, told}},
	} {
		w := pattern{name: "danger"}
		w.weights[urgentSymptom] = float64(x.weight*d.Weight) / 100
		b.scripts = append(b.scripts, script{pattern: len(b.patterns), channel: x.channel, steps: x.steps, outcome: neither,
			hidden: hiddenShare(x.channel, x.steps), solved: .02, flag: d.Flag, sign: x.sign})
		b.patterns = append(b.patterns, w)
	}
}

// addNear adds glances at pages of danger by who is in none: a page left at once, and reading out of interest.
func (b *playbook) addNear(d journeys.Danger) {
	step := func(e schemas.WebEvent, place uint8) journeys.Step {
		return journeys.Step{Event: uint8(e), Place: place, Results: -1}
	}
	bounce := []journeys.Step{step(schemas.WebEventPageView, d.Place), step(schemas.WebEventQuickBack, b.home), step(schemas.WebEventPageView, b.help)}
	study := []journeys.Step{step(schemas.WebEventArticleView, b.article), step(schemas.WebEventArticleView, d.Place), step(schemas.WebEventArticleView, b.article), step(schemas.WebEventExit, b.home)}
	for i, steps := range [...][]journeys.Step{bounce, study} {
		w := pattern{name: "near", routine: nearRoutine * float64(d.Weight)}
		if i == 1 && d.Flag == schemas.FlagSelfHarm {
			continue // who reads about that is asked, whatever they call about
		}
		b.scripts = append(b.scripts, script{pattern: len(b.patterns), channel: schemas.ChannelWeb, steps: steps, outcome: neither,
			hidden: hiddenPublic / 100.0, near: true})
		b.patterns = append(b.patterns, w)
	}
}

// nearRoutine makes near misses some two in a hundred of the sessions without a purpose that are no browsing.
const nearRoutine = 0.006

// starts says whether a script begins with these steps.
func (s *script) starts(c schemas.Channel, steps []journeys.Step) bool {
	if s.channel != c || len(s.steps) < len(steps) {
		return false
	}
	for i, x := range steps {
		if s.steps[i] != x {
			return false
		}
	}
	return true
}

// Browsing is pages at random: home first, then any.
const (
	browseLeast  = 2
	browseWidth  = 5
	browseMost   = browseLeast + browseWidth - 1
	oddPercent   = 6 // of steps that are a click in vain
	oddKinds     = 3
	longestVisit = 7
)

func (b *playbook) drawBrowsing(d *dice, into []journeys.Step) []journeys.Step {
	into = append(into[:0], journeys.Step{Event: uint8(schemas.WebEventPageView), Place: b.home, Results: -1})
	for range browseLeast + d.below(browseWidth) - 1 {
		s := journeys.Step{Event: uint8(schemas.WebEventPageView), Place: uint8(d.below(journeys.Places)), Results: -1}
		if d.below(100) < oddPercent {
			s.Event = uint8(schemas.WebEventRageClick) + uint8(d.below(oddKinds))
		}
		into = append(into, s)
	}
	return into
}

// browsing is the probability that browsing shows these steps; of a session that is not over, that it begins so.
func (b *playbook) browsing(c schemas.Channel, steps []journeys.Step, over bool) float64 {
	if c != schemas.ChannelWeb || len(steps) > browseMost || over && len(steps) < browseLeast {
		return 0
	}
	first := journeys.Step{Event: uint8(schemas.WebEventPageView), Place: b.home, Results: -1}
	if steps[0] != first {
		return 0
	}
	p := 1.0 / browseWidth
	if !over {
		p = float64(min(browseWidth, browseMost+1-len(steps))) / browseWidth
	}
	for _, s := range steps[1:] {
		if s.Results != -1 {
			return 0
		}
		switch e := schemas.WebEvent(s.Event); {
		case e == schemas.WebEventPageView:
			p *= (100.0 - oddPercent) / 100 / journeys.Places
		case e >= schemas.WebEventRageClick && e < schemas.WebEventRageClick+oddKinds:
			p *= oddPercent / 100.0 / oddKinds / journeys.Places
		default:
			return 0
		}
	}
	return p
}
