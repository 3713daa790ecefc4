package journeys

import "github.com/attune-health/attune/schemas"

// How many of 100 episodes that end with a call are urgent, and how many look urgent to who does not
// look twice.
const (
	urgentShare = 3
	nearShare   = 6
)

// urgency is what an urgent need leaves to be seen before an agent answers.
type urgency uint8

const (
	urgentNot      urgency = iota
	urgentSilent           // nothing: the caller says it to the agent
	urgentSearch           // searches, reads, calls
	urgentSearched         // searches, calls
	urgentPage             // reads a page, calls
	urgentChatbot          // tells the chatbot
	urgentMenu             // chooses the urgent line
	urgentResult           // a critical result is in the health record
	urgencies
)

// urgencyWeights is how often each occurs.
var urgencyWeights = toCumulative([]int{urgentSilent: 20, urgentSearch: 22, urgentSearched: 10, urgentPage: 16, urgentChatbot: 8, urgentMenu: 14, urgentResult: 10})

// A danger is something that patients look for help with: its page, and the red flag that it is.
type danger struct {
	place uint8
	flag  schemas.Flag
}

var dangers = [...]danger{
	{symptomChestPain, schemas.FlagUrgent}, {symptomUrgent, schemas.FlagUrgent}, {symptomStroke, schemas.FlagEmergency},
	{symptomSuicide, schemas.FlagSelfHarm}, {symptomPoison, schemas.FlagPoison},
}

// dangerShares is how often patients look for each, of 100, by their place in dangers.
var dangerShares = [...]int{45, 30, 10, 9, 6}

// dangerWeights is how often patients look for each, by their place in dangers.
var dangerWeights = toCumulative(dangerShares[:])

// Time on and after pages, in milliseconds. Who needs help reads and calls; who has come by mistake is
// gone at once.
var (
	dangerRead = spread{9 * second, 13 * second, 18 * second, 25 * second, 34 * second, 48 * second, 70 * second, 2 * minute, 6 * minute}
	dangerType = spread{2 * second, 3 * second, 4 * second, 5 * second, 7 * second, 9 * second, 12 * second, 16 * second, 30 * second}
	dangerCall = spread{3 * second, 9 * second, 16 * second, 28 * second, 50 * second, 90 * second, 3 * minute, 7 * minute, 22 * minute}
	bounceGap  = spread{400, 700, 900, 1_200, 1_500, 1_900, 2_400, 3 * second, 4 * second}
	resultCall = spread{2 * minute, 20 * minute, 50 * minute, 100 * minute, 3 * hour, 6 * hour, 10 * hour, 16 * hour, 30 * hour}
	afterGaze  = spread{30 * second, 60 * second, 2 * minute, 3 * minute, 4 * minute, 6 * minute, 8 * minute, 11 * minute, 15 * minute}
	afterStudy = spread{65 * minute, 80 * minute, 2 * hour, 3 * hour, 5 * hour, 8 * hour, 12 * hour, 20 * hour, 40 * hour}
	reviewLag  = spread{5 * minute, 10 * minute, 15 * minute, 25 * minute, 40 * minute, 60 * minute, 90 * minute, 2 * hour, 4 * hour}
	agedResult = spread{4 * day, 4 * day, 5 * day, 5 * day, 6 * day, 7 * day, 8 * day, 9 * day, 10 * day}
)

// reason is what a call of somebody in danger is about; noNeed where nothing shows the danger: there the
// episode says nothing else than any other, and the reason is drawn like any other.
func (u urgency) reason() need {
	switch u {
	case urgentNot, urgentSilent:
		return noNeed
	case urgentResult:
		return 3
	}
	return 4
}

// urgent plays what an urgent need leaves to be seen, and queues the call.
func (g *Generator) urgent(of *pending) {
	of.cell = cell{repeats: noNeed}
	of.urgent, of.near = urgency(g.dice.pick(urgencyWeights)), false
	d := dangers[g.dice.pick(dangerWeights)]
	of.flag = d.flag
	switch of.urgent {
	case urgentSearch, urgentSearched, urgentPage:
		of.at = g.lookUp(of, d) + g.dice.of(&dangerCall)
	case urgentChatbot:
		of.at = g.confide(of, d) + g.dice.of(&dangerCall)
	case urgentMenu:
		of.flag = schemas.FlagUrgent
	case urgentResult:
		of.flag = schemas.FlagCriticalResult
		g.sign(of, criticalFact, of.at)
		of.at += g.dice.of(&resultCall)
	}
	of.stage = stageCall
	g.later(of)
}

// lookUp is a visit to the website of somebody in danger.
func (g *Generator) lookUp(of *pending, d danger) int64 {
	v := g.visit(of.patient, schemas.ChannelWeb, of.at)
	v.openWeb(g, nil)
	if of.urgent != urgentPage {
		v.show(g, d.flag, web(schemas.WebEventSearch, d.place).found(int16(2+g.dice.below(9))))
		v.pass(g.dice.of(&dangerType))
	}
	if of.urgent == urgentSearched {
		return v.now
	}
	v.show(g, d.flag, web(schemas.WebEventPageView, d.place))
	v.pass(g.dice.of(&dangerRead))
	if g.dice.percent(60) {
		v.do(g, web(schemas.WebEventExit, home))
	}
	return v.now
}

// confide is somebody in danger who tells the chatbot.
func (g *Generator) confide(of *pending, d danger) int64 {
	v := g.visit(of.patient, schemas.ChannelApp, of.at)
	v.openApp(g)
	v.do(g, app(schemas.AppEventChatbotTurn, chat))
	v.pass(g.dice.of(&dangerType))
	v.show(g, d.flag, app(schemas.AppEventChatbotTurn, d.place))
	v.pass(g.dice.of(&dangerType))
	return v.now
}

// near plays something that looks like danger and is none, ahead of an episode whose need is another.
// It is a matter of chance alone, so that it says nothing of the need.
func (g *Generator) near(of *pending) {
	of.near = true
	switch kind := g.dice.below(100); {
	case kind < 40:
		of.at = g.bounce(of) + g.dice.of(&afterGaze)
	case kind < 75:
		of.at = g.study(of)
		if of.cell.first == noPattern { // nothing else comes between: not at once
			of.at += g.dice.of(&afterStudy)
		} else {
			of.at += g.dice.of(&afterGaze)
		}
	case kind < 90:
		g.sign(of, criticalFact, of.at)
		of.at += g.dice.of(&reviewLag) + ehrDelay[8]
		g.sign(of, reviewedFact, of.at)
		of.at += g.dice.of(&resultCall)
	default:
		g.sign(of, criticalFact, of.at)
		of.at += g.dice.of(&agedResult)
	}
}

// bounce is a page of danger that is left at once.
func (g *Generator) bounce(of *pending) int64 {
	v := g.visit(of.patient, schemas.ChannelWeb, of.at)
	v.openWeb(g, nil)
	v.do(g, web(schemas.WebEventPageView, dangers[g.dice.below(len(dangers))].place))
	v.pass(g.dice.of(&bounceGap))
	v.do(g, web(schemas.WebEventQuickBack, home))
	if g.dice.percent(50) {
		v.wait(g, step{})
		v.do(g, web(schemas.WebEventPageView, help))
	}
	return v.now
}

// study is somebody who reads about dangers out of interest.
func (g *Generator) study(of *pending) int64 {
	v := g.visit(of.patient, schemas.ChannelWeb, of.at)
	v.openWeb(g, nil)
	v.do(g, web(schemas.WebEventArticleView, symptomArticle))
	v.pass(g.dice.of(&dangerRead))
	d := dangers[g.dice.pick(dangerWeights)]
	for d.flag == schemas.FlagSelfHarm { // who reads about that is asked, whatever they call about
		d = dangers[g.dice.pick(dangerWeights)]
	}
	v.do(g, web(schemas.WebEventArticleView, d.place))
	v.pass(g.dice.of(&dangerRead))
	v.do(g, web(schemas.WebEventArticleView, symptomArticle))
	v.pass(g.dice.of(&dangerRead))
	v.do(g, web(schemas.WebEventExit, home))
	return v.now
}

// show does a step that is a sign of danger.
func (v *visit) show(g *Generator, flag schemas.Flag, s step) {
	v.touch.sign = flag
	v.do(g, s)
	v.touch.sign = schemas.FlagNone
}

// pass lets time pass on a page.
func (v *visit) pass(gap int64) {
	v.now += gap
	v.touch.dwell = int32(gap)
}

// sign reports a result to the health record; a critical one of somebody who will call is a sign.
func (g *Generator) sign(of *pending, number int, at int64) {
	f := factOf(uint8(number))
	p := pending{patient: of.patient, channel: schemas.ChannelEhr, event: uint8(f.event), place: uint8(number),
		reason: int8(f.reason), who: whoMRN, occurred: at - g.dice.of(&ehrDelay)}
	if of.urgent != urgentNot {
		p.sign = schemas.FlagCriticalResult
	}
	g.arrive(&p, at)
}
