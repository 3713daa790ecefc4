package evidence

import "github.com/attune-health/attune/schemas"

// This file declares every feature of a space of groups, for reasons and for moments: what it means, how far back it looks, and what
// has to be known of it before it is used. The same code makes features for predictions and for learning.
//
// Adding a group, or changing its name, begins it anew and leaves the others as they are. A change of what a
// group means or of its bands needs a new name for it.

// groupsVersion names what fingerprints do not see: the layout of codes and the way of hashing.
const groupsVersion = "groups-1"

// Tag says what has to be known of a group before it is used.
type Tag uint8

const (
	// TagPlain: nothing of a person but how and when they call.
	TagPlain Tag = iota
	// TagPHI: it rests on health data, or on what somebody looked for.
	TagPHI
	// TagProxy: it may stand for a protected attribute, such as age or language.
	TagProxy
)

// Group is a group of tokens: of each group a person has one value at a time, unless it says "each".
type Group struct {
	// Name is stable: what was learned goes by it. A site switches groups off by name, or by the part before
	// the slash.
	Name string
	// Meaning says it in words, as explanations do.
	Meaning string
	// Window is how far back it looks; empty where it is about the moment or all that is kept.
	Window string
	Tag    Tag
	// value is the value of a group, none where it has none; each appends the values of one that may have several.
	value func(v *view) uint64
	each  func(v *view, dst []uint64) []uint64
}

// Kind is a kind of evidence that speaks for reasons by itself.
type Kind struct {
	Name    string
	Meaning string
	Tag     Tag
	// Start is its weight before anything was learned.
	Start float64
	// set are the reasons that it speaks for, a bit each.
	set func(v *view) uint64
	// amount is how much it speaks for a reason, of those that all returns.
	amount func(v *view, reason int) float64
	all    func(v *view) uint64
	// ofCenter: amount and all look at the contact center's state alone. It is worked out once for each state.
	ofCenter bool
}

// Bands are edges: a number has as many of them below or at it.
var (
	bandsFine   = secondsOf(10, 30, 60, 120, 300, 600, 1200, 2400, 3600, 7200, 4*hour, 8*hour, 16*hour, day, 2*day, 4*day, 7*day, 14*day, 30*day)
	bandsMiddle = secondsOf(60, 300, 900, 2700, 7200, 5*hour, 12*hour, day, 3*day, 8*day, 30*day)
	bandsCoarse = secondsOf(60, 600, 3600, 4*hour, day, 7*day)
	bandsLast   = secondsOf(60, 300, 1200, 3600, 6*hour, day, 3*day, 8*day)
	bandsRecent = secondsOf(300, 1200, 3600, 9000, 6*hour)
	// Of visits and facts before a contact: most contacts come within the hour, some after two days.
	bandsMoment = secondsOf(60, 300, 900, 1800, 3600, 7200, 4*hour, 8*hour, 14*hour, day, 40*hour, 3*day, 5*day, 7*day)
	bandsFact   = secondsOf(600, 1800, 5400, 5*hour, 12*hour, 40*hour, 3*day)

	bandsFound  = []float64{1, 3, 5, 8, 13}
	bandsRecord = secondsOf(7*day, 30*day)

	bandsCount      = []float64{1, 2, 3, 5, 8, 12, 20, 35, 60, 120}
	bandsActivity   = []float64{.05, .3, .7, 1.2, 2, 4}
	bandsUnanswered = []float64{.1, .3, .6, 1.1, 1.6, 2.2, 3.2, 5}
	bandsWait       = []float64{1, 15, 45, 90, 180, 300, 600}
	bandsTalk       = []float64{1, 30, 60, 120, 240, 480}
	bandsQueue      = []float64{2, 5, 10, 20, 35, 60, 100, 160, 240}
	bandsHungUp     = []float64{.03, .06, .1, .15, .2, .28, .4}
	bandsLoad       = []float64{3, 8, 15, 25, 40, 60}
	bandsMood       = []float64{.05, .15, .3, .45, .6, .8}
	bandsEffort     = []float64{.5, 1, 2, 4, 8}
)

const (
	hour = 3600
	day  = 24 * hour
)

// groups are all there are. Their order is that of codes, and where there are too many tokens the last ones
// are left out.
var groups = [...]Group{
	{Name: "bias", Meaning: "everybody", value: func(*view) uint64 { return 0 }},
	{Name: "shards", Meaning: "how many identifiers of the person are known", value: func(v *view) uint64 { return v.shards }},
	{Name: "queue", Meaning: "the queue or line that the call came to", value: func(v *view) uint64 { return v.queue }},
	{Name: "menu", Meaning: "the choice in the voice menu", value: func(v *view) uint64 { return v.menu }},
	{Name: "priority", Meaning: "the contact center's priority of the caller", value: func(v *view) uint64 { return v.priority }},
	{Name: "needs", Meaning: "a recorded social need, each", Tag: TagProxy, each: eachNeed},

	{Name: "journey/last", Meaning: "the reason of the last contact", Tag: TagPHI, value: func(v *view) uint64 { return v.l0 }},
	{Name: "journey/last.when", Meaning: "the last contact, how long ago and how it went", Tag: TagPHI, value: func(v *view) uint64 { return join(v.l0, v.sLast, v.o0, v.since) }},
	{Name: "journey/fact", Meaning: "nothing new in the health record", Window: "7 d", Tag: TagPHI, value: func(v *view) uint64 { return unless(v.e.factN > 0) }},
	{Name: "journey/fact0", Meaning: "the newest fact of the health record", Window: "7 d", Tag: TagPHI, value: func(v *view) uint64 { return v.fact(0, 0) }},
	{Name: "journey/fact0.when", Meaning: "the newest fact of the health record, and how new it is", Window: "7 d", Tag: TagPHI, value: func(v *view) uint64 { return v.fact(0, 1) }},
	{Name: "journey/fact1.when", Meaning: "the fact before the newest", Window: "7 d", Tag: TagPHI, value: func(v *view) uint64 { return v.fact(1, 1) }},
	{Name: "journey/stranger", Meaning: "nothing is known of the caller, and the time of day", value: func(v *view) uint64 { return v.stranger() }},
	{Name: "journey/facts", Meaning: "facts of the health record and how new they are, each", Window: "7 d", Tag: TagPHI, each: eachFact},
	{Name: "journey/due", Meaning: "what falls due these days, each", Window: "4 d", Tag: TagPHI, each: eachDue},
	{Name: "journey/session", Meaning: "no visit to the web or the app", Tag: TagPHI, value: func(v *view) uint64 { return unless(v.e.sessionN > 0) }},
	{Name: "journey/session0.when", Meaning: "the last visit to the web or the app, and how long ago", Tag: TagPHI, value: func(v *view) uint64 { return v.session(0) }},
	{Name: "journey/session0.reason", Meaning: "what the last visit was about, and how long ago", Tag: TagPHI, value: func(v *view) uint64 { return v.sessionReason(0) }},
	{Name: "journey/courses", Meaning: "all that was done in a visit, and how long ago, each", Tag: TagPHI, each: eachCourse},
	{Name: "journey/news", Meaning: "news of the health record, and how soon the last visit followed", Window: "7 d", Tag: TagPHI, value: func(v *view) uint64 { return v.prompted(true) }},
	{Name: "journey/subjects", Meaning: "how many things the last visit was about, how it began, and how long ago", Tag: TagPHI, value: func(v *view) uint64 { return v.subjects() }},
	{Name: "journey/session1.reason", Meaning: "what the visit before the last was about, and how long ago", Tag: TagPHI, value: func(v *view) uint64 { return v.sessionReason(1) }},
	{Name: "journey/failed0", Meaning: "the digital step that failed last", Window: "24 h", Tag: TagPHI, value: func(v *view) uint64 { return v.failure(false) }},
	{Name: "journey/failed0.when", Meaning: "the digital step that failed last, and how long ago", Window: "24 h", Tag: TagPHI, value: func(v *view) uint64 { return v.failure(true) }},
	{Name: "journey/nofail0", Meaning: "no digital step failed", Window: "24 h", Tag: TagPHI, value: func(v *view) uint64 { return unless(len(v.e.failed) > 0) }},
	{Name: "journey/step0", Meaning: "what was done in the last visit, each", Tag: TagPHI, each: func(v *view, dst []uint64) []uint64 { return append(dst, v.e.steps[:v.e.stepN]...) }},

	{Name: "history/l0", Meaning: "the reason of the last contact", Tag: TagPHI, value: func(v *view) uint64 { return v.l0 }},
	{Name: "history/l1", Meaning: "the reason of the contact before the last", Tag: TagPHI, value: func(v *view) uint64 { return v.l1 }},
	{Name: "history/l2", Meaning: "the reason of the third last contact", Tag: TagPHI, value: func(v *view) uint64 { return v.l2 }},
	{Name: "history/l0l1", Meaning: "the reasons of the last two contacts", Tag: TagPHI, value: func(v *view) uint64 { return join(v.l0, v.l1) }},
	{Name: "history/l0l1l2", Meaning: "the reasons of the last three contacts", Tag: TagPHI, value: func(v *view) uint64 { return join(v.l0, v.l1, v.l2) }},
	{Name: "history/m.l0", Meaning: "the commonest and the last reason", Tag: TagPHI, value: func(v *view) uint64 { return join(v.m, v.l0) }},
	{Name: "history/seen.l0", Meaning: "all reasons of contacts, and the last", Tag: TagPHI, value: func(v *view) uint64 { return join(v.l0, uint64(v.e.history.seen)) }},
	{Name: "history/n.m", Meaning: "how many contacts there were, and the commonest reason", Tag: TagPHI, value: func(v *view) uint64 { return join(v.n, v.m) }},
	{Name: "history/activity.l0", Meaning: "how busy the person is these days, and the last reason", Window: "half-life 1 d", Tag: TagPHI, value: func(v *view) uint64 { return join(v.activity, v.l0) }},
	{Name: "history/priority.l0", Meaning: "the caller's priority and last reason", Tag: TagPHI, value: func(v *view) uint64 { return join(v.priority, v.l0) }},
	{Name: "history/s", Meaning: "how long ago the last contact was", value: func(v *view) uint64 { return v.s }},
	{Name: "history/s.l0", Meaning: "the last reason and how long ago", Tag: TagPHI, value: func(v *view) uint64 { return join(v.s, v.l0) }},
	{Name: "history/s.l0l1", Meaning: "the last two reasons and how long ago", Tag: TagPHI, value: func(v *view) uint64 { return join(v.sCoarse, v.l0, v.l1) }},
	{Name: "history/hour", Meaning: "the hour of the day", value: func(v *view) uint64 { return v.hour }},
	{Name: "history/hour.l0", Meaning: "the hour of the day and the last reason", Tag: TagPHI, value: func(v *view) uint64 { return join(v.hour, v.l0) }},
	{Name: "history/weekday.l0", Meaning: "the day of the week and the last reason", Tag: TagPHI, value: func(v *view) uint64 { return join(v.weekday, v.l0) }},
	{Name: "history/m.s", Meaning: "the commonest reason and how long ago the last contact was", Tag: TagPHI, value: func(v *view) uint64 { return join(v.m, v.sCoarse) }},
	{Name: "history/share.day", Meaning: "the share of each reason in contacts of these days", Window: "half-life 1 d", Tag: TagPHI, each: func(v *view, dst []uint64) []uint64 { return v.shares(dst, 0) }},
	{Name: "history/share.week", Meaning: "the share of each reason in contacts of these weeks", Window: "half-life 7 d", Tag: TagPHI, each: func(v *view, dst []uint64) []uint64 { return v.shares(dst, 1) }},

	{Name: "outcome/o.o1", Meaning: "how the last two contacts went", value: func(v *view) uint64 { return join(v.o0, v.o1) }},
	{Name: "outcome/o.l0", Meaning: "the last contact and how it went", Tag: TagPHI, value: func(v *view) uint64 { return join(v.o0, v.l0) }},
	{Name: "outcome/o.l0.o1.l1", Meaning: "the last two contacts and how they went", Tag: TagPHI, value: func(v *view) uint64 { return join(v.o0, v.l0, v.o1, v.l1) }},
	{Name: "outcome/s.l0.o", Meaning: "the last contact, how long ago and how it went", Tag: TagPHI, value: func(v *view) uint64 { return join(v.s, v.l0, v.o0) }},
	{Name: "outcome/s.l0l1.o", Meaning: "the last two reasons, how long ago and how it went", Tag: TagPHI, value: func(v *view) uint64 { return join(v.sCoarse, v.l0, v.l1, v.o0) }},
	{Name: "outcome/priority.l0.o", Meaning: "the caller's priority, last reason and how it went", Tag: TagPHI, value: func(v *view) uint64 { return join(v.priority, v.l0, v.o0) }},
	{Name: "outcome/seen.l0.o", Meaning: "all reasons of contacts, the last and how it went", Tag: TagPHI, value: func(v *view) uint64 { return join(v.l0, v.o0, uint64(v.e.history.seen)) }},
	{Name: "outcome/m.s.o", Meaning: "the commonest reason, and the last contact's outcome and age", Tag: TagPHI, value: func(v *view) uint64 { return join(v.m, v.sCoarse, v.o0) }},
	{Name: "outcome/wait.s.o", Meaning: "the last contact's wait, outcome and age", value: func(v *view) uint64 { return join(v.wait, v.sCoarse, v.o0) }},
	{Name: "outcome/talk.o.l0", Meaning: "the last contact's length, outcome and reason", Tag: TagPHI, value: func(v *view) uint64 { return join(v.talk, v.o0, v.l0) }},
	{Name: "outcome/wait.o.l0", Meaning: "the last contact's wait, outcome and reason, and how many in a row nobody answered", Tag: TagPHI, value: func(v *view) uint64 { return join(v.wait, v.o0, v.l0, v.inRow) }},
	{Name: "outcome/row.s.l0", Meaning: "how many contacts in a row nobody answered", Tag: TagPHI, value: func(v *view) uint64 { return join(v.inRow, v.sCoarse, v.l0) }},
	{Name: "outcome/t.l0", Meaning: "how long ago nobody answered", Tag: TagPHI, value: func(v *view) uint64 { return join(v.t, v.l0) }},
	{Name: "outcome/t.since.l0", Meaning: "how long ago nobody answered, and how many contacts since", Tag: TagPHI, value: func(v *view) uint64 { return join(v.t, v.sinceUnanswered, v.l0) }},
	{Name: "outcome/a.l0", Meaning: "how often nobody answered these days", Window: "half-life 1 d", Tag: TagPHI, value: func(v *view) uint64 { return join(v.a, v.l0) }},
	{Name: "outcome/a.s.o", Meaning: "how often nobody answered these days, and the last contact", Window: "half-life 1 d", value: func(v *view) uint64 { return join(v.a, v.sCoarse, v.o0) }},
	{Name: "outcome/a.t.o", Meaning: "how often and how long ago nobody answered", Window: "half-life 1 d", value: func(v *view) uint64 { return join(v.a, v.t, v.o0) }},
	{Name: "outcome/a.wait.o", Meaning: "how often nobody answered these days, and the last wait", Window: "half-life 1 d", value: func(v *view) uint64 { return join(v.a, v.wait, v.o0) }},
	{Name: "outcome/open.l0", Meaning: "how many other contacts are under way", Tag: TagPHI, value: func(v *view) uint64 { return join(v.open, v.l0) }},
	{Name: "outcome/open.since", Meaning: "how long other contacts have been under way", value: func(v *view) uint64 { return join(v.open, v.openSince) }},

	{Name: "center/wait.l0", Meaning: "how long people wait, and the last reason", Window: "half-life 20 min", Tag: TagPHI, value: func(v *view) uint64 { return v.ifCenter(v.queueWait, v.l0) }},
	{Name: "center/wait", Meaning: "how long people wait", Window: "half-life 20 min", value: func(v *view) uint64 { return v.ifCenter(v.queueWait) }},
	{Name: "center/wait.o.s", Meaning: "how long people wait, and the last contact", Window: "half-life 20 min", value: func(v *view) uint64 { return v.ifCenter(v.queueWait, v.o0, v.sCoarse) }},
	{Name: "center/hungup", Meaning: "how many people hang up", Window: "half-life 20 min", value: func(v *view) uint64 { return v.ifCenter(v.hungUp) }},
	{Name: "center/hungup.o.s", Meaning: "how many people hang up, and the last contact", Window: "half-life 20 min", value: func(v *view) uint64 { return v.ifCenter(v.hungUp, v.o0, v.sCoarse) }},
	{Name: "center/wait.a.o", Meaning: "how long people wait, and how often nobody answered", Window: "half-life 20 min", value: func(v *view) uint64 { return v.ifCenter(v.queueWait, v.a, v.o0) }},
	{Name: "center/load.hour", Meaning: "how many people call, and the hour", Window: "half-life 20 min", value: func(v *view) uint64 { return v.ifCenter(v.load, v.hour) }},
}

// aligned are the kinds of evidence that speak for reasons as such.
var aligned = [...]Kind{
	{Name: "visit/now", Meaning: "the last visit, minutes ago, was about %s", Start: 1.2, Tag: TagPHI, set: func(v *view) uint64 { return v.visit(0, 20*schemas.Minute) }},
	{Name: "visit/hours", Meaning: "the last visit, hours ago, was about %s", Start: .8, Tag: TagPHI, set: func(v *view) uint64 { return v.visit(20*schemas.Minute, 150*schemas.Minute) }},
	{Name: "visit/older", Meaning: "the last visit was about %s", Start: .3, Tag: TagPHI, set: func(v *view) uint64 { return v.visit(150*schemas.Minute, 7*schemas.Day) }},
	{Name: "visit/stray", Meaning: "the last visit was about %s among other things", Start: -.3, Tag: TagPHI, set: func(v *view) uint64 { return v.stray() }},
	{Name: "visit/failed", Meaning: "a digital step about %s failed", Start: .6, Tag: TagPHI, set: func(v *view) uint64 { return v.failedReason() }},
	{Name: "visit/before", Meaning: "the visit before the last was about %s", Start: .4, Tag: TagPHI, set: func(v *view) uint64 { return v.earlier(1) }},
	{Name: "visit/third", Meaning: "the third last visit was about %s", Start: .2, Tag: TagPHI, set: func(v *view) uint64 { return v.earlier(2) }},
	{Name: "viewed", Meaning: "pages about %s were looked at within a day", Start: .2, Tag: TagPHI, set: func(v *view) uint64 { return v.e.ViewedDay }},
	{Name: "fact/now", Meaning: "news of the health record about %s", Start: 1.4, Tag: TagPHI, set: func(v *view) uint64 { return v.factReasons(0, 90*schemas.Minute) }},
	{Name: "fact/hours", Meaning: "news of the health record about %s, hours ago", Start: 1, Tag: TagPHI, set: func(v *view) uint64 { return v.factReasons(90*schemas.Minute, 12*schemas.Hour) }},
	{Name: "fact/day", Meaning: "news of the health record about %s within two days", Start: .5, Tag: TagPHI, set: func(v *view) uint64 { return v.factReasons(12*schemas.Hour, 40*schemas.Hour) }},
	{Name: "fact/week", Meaning: "something in the health record about %s", Start: .2, Tag: TagPHI, set: func(v *view) uint64 { return v.e.FactReasons }},
	{Name: "fact/due", Meaning: "something about %s falls due these days", Start: .8, Tag: TagPHI, set: func(v *view) uint64 { return v.due(-1, 3) }},
	{Name: "loop", Meaning: "something open about %s", Start: .2, Tag: TagPHI, set: func(v *view) uint64 { return v.loops() }},
	{Name: "menu", Meaning: "the voice menu took it for %s", Start: 1.5, Tag: TagPHI, set: func(v *view) uint64 { return bit(v.e.menu) }},
	{Name: "last/unanswered", Meaning: "a call about %s was not answered within the hour", Start: 2, Tag: TagPHI, set: func(v *view) uint64 { return v.unanswered() }},
	{Name: "last/day", Meaning: "the last contact, within a day, was about %s", Start: .8, Tag: TagPHI, set: func(v *view) uint64 { return v.lastWithin(0, schemas.Day) }},
	{Name: "last/week", Meaning: "the last contact, within days, was about %s", Start: .5, Tag: TagPHI, set: func(v *view) uint64 { return v.lastWithin(schemas.Day, 8*schemas.Day) }},
}

// amounts are the kinds of evidence that speak for a reason more or less. All of them compare with a reason
// that never occurred, which has none. Those of the center come last.
var amounts = [...]Kind{
	{Name: "memory/day", Meaning: "contacts of these days about %s", Start: .15, Tag: TagPHI, all: seen, amount: func(v *view, r int) float64 { return v.memory(0, r) }},
	{Name: "memory/week", Meaning: "contacts of these weeks about %s", Start: .15, Tag: TagPHI, all: seen, amount: func(v *view, r int) float64 { return v.memory(1, r) }},
	{Name: "memory/month", Meaning: "contacts of these months about %s", Start: .15, Tag: TagPHI, all: seen, amount: func(v *view, r int) float64 { return v.memory(2, r) }},
	{Name: "memory/quarter", Meaning: "contacts about %s", Start: .15, Tag: TagPHI, all: seen, amount: func(v *view, r int) float64 { return v.memory(3, r) }},
	{Name: "memory/follows", Meaning: "after such a contact mostly one about %s", Start: .15, Tag: TagPHI, all: followed, amount: func(v *view, r int) float64 { return v.follows(r) }},
	{Name: "center/mix", Meaning: "others call about %s just now", Start: .15, ofCenter: true, all: func(v *view) uint64 { return v.callers() }, amount: func(v *view, r int) float64 { return v.mix(r) }},
}

// momentGroups are the groups of tokens that say whether and when somebody will get in touch, of a moment outside
// contacts. They have codes of their own (FeatureSpace.Moment): what speaks for a contact at all speaks for no
// reason.
var momentGroups = [...]Group{
	{Name: "when/bias", Meaning: "everybody", value: func(*view) uint64 { return 0 }},
	{Name: "when/hour", Meaning: "the hour and the day of the week", value: func(v *view) uint64 { return join(v.hour, v.weekday) }},
	{Name: "when/hour.any", Meaning: "the hour of the day", value: func(v *view) uint64 { return v.hour }},
	{Name: "when/hour.failed", Meaning: "the hour, and how long ago a digital step failed", Window: "24 h", Tag: TagPHI, value: func(v *view) uint64 { return join(v.hour/2, v.failedAge()) }},
	{Name: "when/hour.visit", Meaning: "the hour, and how long ago the last visit was", Tag: TagPHI, value: func(v *view) uint64 { return join(v.hour/2, v.visitAges[0]) }},

	{Name: "when/hour.reason", Meaning: "the hour, whether it is a weekend, and what the last visit of the day was about", Window: "24 h", Tag: TagPHI, value: func(v *view) uint64 { return v.hourOfReason() }},

	{Name: "when/step", Meaning: "what has just been done, or what the health record has just told", Tag: TagPHI, value: func(v *view) uint64 { return v.e.now }},
	{Name: "when/step.failures", Meaning: "what has just been done, and how many digital steps failed since the last contact", Window: "24 h", Tag: TagPHI, value: func(v *view) uint64 { return join(v.failures(), v.e.now) }},
	{Name: "when/visit", Meaning: "the course of the last visit", Tag: TagPHI, value: func(v *view) uint64 { return v.walked(0, false) }},
	{Name: "when/visit.age", Meaning: "the course of the last visit, and how long ago", Tag: TagPHI, value: func(v *view) uint64 { return v.walked(0, true) }},
	{Name: "when/visit.failed", Meaning: "what the last visit was about, whether it failed, and how long ago", Tag: TagPHI, value: func(v *view) uint64 { return v.visitSum(0) }},
	{Name: "when/visit.subjects", Meaning: "how many things the last visit was about, how it began, whether it failed, and how long ago", Tag: TagPHI, value: func(v *view) uint64 { return v.strolled(0) }},
	{Name: "when/visit.search", Meaning: "how much the last search of the last visit found, and how long ago", Tag: TagPHI, value: func(v *view) uint64 { return v.searched(0) }},
	{Name: "when/before.search", Meaning: "how much the last search of the visit before the last found, and how long ago", Tag: TagPHI, value: func(v *view) uint64 { return v.searched(1) }},
	{Name: "when/before.age", Meaning: "the course of the visit before the last, and how long ago", Tag: TagPHI, value: func(v *view) uint64 { return v.walked(1, true) }},
	{Name: "when/before.failed", Meaning: "what the visit before the last was about, whether it failed, and how long ago", Tag: TagPHI, value: func(v *view) uint64 { return v.visitSum(1) }},
	{Name: "when/attempts", Meaning: "how many visits there were since the last contact, and how many failed", Tag: TagPHI, value: func(v *view) uint64 { return v.attempts() }},
	{Name: "when/failed", Meaning: "the digital step that failed last, and how long ago", Window: "24 h", Tag: TagPHI, value: func(v *view) uint64 { return v.failure(true) }},

	{Name: "when/last", Meaning: "how the last contact went, and how long ago", value: func(v *view) uint64 { return join(v.s, v.o0) }},
	{Name: "when/last.reason", Meaning: "the last contact and how long ago", Tag: TagPHI, value: func(v *view) uint64 { return join(v.l0, v.sCoarse, v.o0) }},
	{Name: "when/unanswered", Meaning: "how often and how long ago nobody answered", Window: "half-life 1 d", value: func(v *view) uint64 { return join(v.t, v.a) }},
	{Name: "when/contacts", Meaning: "how many contacts there were", value: func(v *view) uint64 { return v.n }},
	{Name: "when/contacts.week", Meaning: "how many contacts there were of late", Window: "half-life 7 d", value: func(v *view) uint64 { return band(bandsActivity, v.e.history.sums[1]) }},
	{Name: "when/contacts.quarter", Meaning: "how many contacts there were in these months", Window: "half-life 90 d", value: func(v *view) uint64 { return band(bandsActivity, v.e.history.sums[3]) }},
	{Name: "when/open", Meaning: "how many contacts are under way or await their reason, and since when", value: func(v *view) uint64 { return join(v.open, v.openSince) }},

	{Name: "when/fact", Meaning: "a fact of the health record and how new it is, each", Window: "7 d", Tag: TagPHI, each: func(v *view, dst []uint64) []uint64 { return v.knownFacts(dst) }},
	{Name: "when/record", Meaning: "a kind of facts that the health record has, each", Tag: TagPHI, each: func(v *view, dst []uint64) []uint64 { return v.record(dst) }},
	{Name: "when/due.days", Meaning: "something that falls due, and in how many days, each", Window: "11 d before to 8 d after", Tag: TagPHI, each: func(v *view, dst []uint64) []uint64 { return v.dues(dst) }},
	{Name: "when/needs", Meaning: "a recorded social need, each", Tag: TagProxy, each: eachNeed},
	{Name: "when/loops", Meaning: "what is open, each", Tag: TagPHI, each: func(v *view, dst []uint64) []uint64 { return bitsOf(dst, v.e.LoopSet) }},
	{Name: "when/mood", Meaning: "frustration and effort", value: func(v *view) uint64 { return join(band(bandsMood, v.e.Frustration), band(bandsEffort, v.e.Effort)) }},
	{Name: "when/habits", Meaning: "how the person gets in touch, and how many identifiers are known", value: func(v *view) uint64 { return join(uint64(v.e.mix), v.shards) }},
	{Name: "when/danger", Meaning: "signs of danger that stand", Tag: TagPHI, value: func(v *view) uint64 { return uint64(v.e.Standing) }},
	{Name: "when/sign", Meaning: "the last sign of danger, of which kind and where, and how long ago", Window: "2 d", Tag: TagPHI, value: func(v *view) uint64 { return v.signOf(true) }},
	{Name: "when/sign.some", Meaning: "the last sign of danger, not long ago", Window: "2 d", Tag: TagPHI, value: func(v *view) uint64 { return v.fresh() }},
	{Name: "when/sign.any", Meaning: "where the last sign of danger was seen, what was done since, and how long ago", Window: "2 d", Tag: TagPHI, value: func(v *view) uint64 { return v.signOf(false) }},
	{Name: "when/cause", Meaning: "whether the health record has a cause for the last visit, whether that failed, and how long ago", Window: "7 d", Tag: TagPHI, value: func(v *view) uint64 { return v.backed() }},
	{Name: "when/news.kind", Meaning: "news of the health record, and how soon the last visit followed", Window: "7 d", Tag: TagPHI, value: func(v *view) uint64 { return v.prompted(true) }},
	{Name: "when/news", Meaning: "how soon after news of the health record the last visit was, and whether it was about that", Window: "7 d", Tag: TagPHI, value: func(v *view) uint64 { return v.prompted(false) }},
	{Name: "when/again", Meaning: "whether the last two visits were about the same, whether they failed, and how long ago", Tag: TagPHI, value: func(v *view) uint64 { return v.again() }},
	{Name: "when/load", Meaning: "how many people call, and the hour", Window: "half-life 20 min", value: func(v *view) uint64 { return v.ifCenter(v.load, v.hour/2) }},
}
