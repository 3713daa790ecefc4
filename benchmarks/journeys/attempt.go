package journeys

import "github.com/attune-health/attune/schemas"

// Time between two steps, in milliseconds.
var (
	readGap   = spread{600, 2_000, 4_000, 7_000, 11_000, 16_000, 25_000, 45_000, 3 * minute}
	clickGap  = spread{150, 300, 500, 800, 1_200, 1_800, 2_600, 4_000, 9_000}
	inboxGap  = spread{20 * second, 45 * second, 90 * second, 3 * minute, 6 * minute, 12 * minute, 25 * minute, 60 * minute, 3 * hour}
	answerGap = spread{3 * minute, 8 * minute, 20 * minute, 40 * minute, 80 * minute, 3 * hour, 5 * hour, 9 * hour, 20 * hour}
)

// When a visitor of the website logs in.
const (
	loginNever = iota
	loginBefore
	loginMidway
)

// attempt plays one pattern and returns when it ended.
func (g *Generator) attempt(of *pending, number int) int64 {
	pat := &g.tables.patterns[number]
	fails := failsOtherwise
	if of.calls {
		fails = failsBeforeCall
	}
	steps := pat.worked
	if g.dice.percent(fails) {
		steps = pat.failed
	}
	v := g.visit(of.patient, pat.channel, of.at)
	if pat.channel == schemas.ChannelWeb {
		v.openWeb(g, steps)
	} else {
		v.openApp(g)
	}
	for i, s := range steps {
		if i > 0 {
			v.wait(g, s)
		}
		if v.logsIn == loginMidway && i == len(steps)/2 {
			v.logIn(g)
		}
		v.do(g, s)
	}
	return v.now
}

// noise is browsing without a need, mostly by nobody in particular.
func (g *Generator) noise(of *pending) {
	v := g.visit(of.patient, schemas.ChannelWeb, of.at)
	v.openWeb(g, nil)
	for i := range 2 + g.dice.below(5) {
		s := web(schemas.WebEventPageView, uint8(g.dice.below(places)))
		if i == 0 {
			s.place = home
		} else if g.dice.percent(6) {
			s.event = uint8(schemas.WebEventRageClick + schemas.WebEvent(g.dice.below(3)))
		}
		if i > 0 {
			v.wait(g, s)
		}
		v.do(g, s)
	}
}

// visit is one session on the website or in the app.
type visit struct {
	// The next touchpoint.
	touch pending
	now   int64
	// How late the whole session is.
	offLine int64
	logsIn  int
}

func (g *Generator) visit(patient uint32, channel schemas.Channel, at int64) *visit {
	g.sessions++
	v := &g.present
	*v = visit{touch: pending{patient: patient, channel: channel, session: g.sessions}, now: at}
	if g.dice.hit(g.delayed) {
		v.offLine = g.dice.of(&lineDelay)
	}
	return v
}

// openWeb decides which browser this is, and when its user logs in.
func (v *visit) openWeb(g *Generator, steps []step) {
	s := &g.patients[v.touch.patient]
	if g.dice.percent(20) {
		s.cookie++
		s.linked = false
	}
	v.touch.cookie, v.touch.who = s.cookie, whoCookie
	before, midway := 15, 25
	for _, step := range steps {
		switch step.place {
		case medications, results, resultDetail, inbox, compose, letters, statement, pay, paymentPlan:
			before, midway = 60, 25
		case login, loginReset:
			return
		}
	}
	switch p := g.dice.below(100); {
	case p < before:
		v.logsIn = loginBefore
		v.identify(g)
	case p < before+midway:
		v.logsIn = loginMidway
	}
}

// openApp: the app is always logged in; its device becomes known at the first use.
func (v *visit) openApp(g *Generator) {
	v.touch.who = whoDevice | whoMember
	if s := &g.patients[v.touch.patient]; !s.device && !g.backfilling(v.now) {
		s.device = true
		g.link(&v.touch, schemas.LinkOpLink, schemas.IdentifierKindDevice, v.now+g.dice.of(&clickDelay), v.now)
	}
}

// logIn is a step of its own. From then on the visitor is known.
func (v *visit) logIn(g *Generator) {
	v.do(g, web(schemas.WebEventLogin, login))
	v.identify(g)
	v.wait(g, step{})
}

// identify links the browser's cookie to the patient. The link arrives when the
// identity system has noticed.
func (v *visit) identify(g *Generator) {
	v.touch.who |= whoMember
	if s := &g.patients[v.touch.patient]; !s.linked && !g.backfilling(v.now) {
		s.linked = true
		g.link(&v.touch, schemas.LinkOpLink, schemas.IdentifierKindCookie, v.now+200+g.dice.of(&clickDelay), v.now)
	}
}

// do delivers one step.
func (v *visit) do(g *Generator, s step) {
	v.touch.occurred, v.touch.event, v.touch.place, v.touch.results = v.now, s.event, s.place, s.results
	v.touch.reason = int8(contentMap[s.place].reason)
	v.touch.thread = 0
	if s.place == inbox || s.place == compose {
		v.touch.thread = v.touch.session
	}
	touch := v.touch
	g.deliver(&touch, v.offLine)
	v.touch.dwell = 0
}

// wait lets the time before a step pass.
func (v *visit) wait(g *Generator, next step) {
	gaps := &readGap
	if v.touch.channel == schemas.ChannelWeb {
		switch schemas.WebEvent(next.event) {
		case schemas.WebEventRageClick, schemas.WebEventDeadClick, schemas.WebEventQuickBack, schemas.WebEventExit:
			gaps = &clickGap
		}
	} else if schemas.AppEvent(next.event) == schemas.AppEventMessageAnswered {
		gaps = &answerGap
	} else if next.place == inbox {
		gaps = &inboxGap
	}
	gap := g.dice.of(gaps)
	v.now += gap
	v.touch.dwell = int32(gap)
}
