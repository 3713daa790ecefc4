package decide

import (
	"errors"
	"fmt"
	"strings"
	"time"
	_ "time/tzdata"

	"github.com/attune-health/attune/schemas"
)

// ContactPolicy says when a person may be reached out to. It fails closed: what is not known to be
// allowed is not done.
type ContactPolicy struct {
	// QuietFrom and QuietTo are hours of the person's own day in which there is no outreach: from the
	// first, until the second.
	QuietFrom int `yaml:"quiet_from"`
	QuietTo   int `yaml:"quiet_to"`
	// Caps bound outreach per person over rolling days.
	Caps []Cap `yaml:"caps"`
	// Suppress takes an action away from who does not want it.
	Suppress []Suppression `yaml:"suppress"`
	// Recall is how soon an outreach that is superseded has not gone out yet: it does not count then.
	// Default: 0, all count.
	Recall time.Duration `yaml:"recall"`
	// Fatigue is what each outreach of the last seven days costs the score of the next.
	Fatigue float64 `yaml:"fatigue"`
}

// Cap allows at most Max outreaches in Days days. A lower cap for some purposes is a reserve for the
// others.
type Cap struct {
	// Channel and Purpose narrow what is counted; empty is any.
	Channel string `yaml:"channel"`
	Purpose string `yaml:"purpose"`
	Days    int    `yaml:"days"`
	// Max outreaches within Days rolling days; at most 64 within 45, which is what the state remembers.
	Max int `yaml:"max"`

	// rule is the name in receipts, made once.
	rule string
}

// Suppression takes an action away for OffDays once it was Count times decided, or turned down,
// within Days.
type Suppression struct {
	// Rejected counts those turned down, and not all.
	Rejected bool `yaml:"rejected"`
	// Count decisions within Days days end the offer for OffDays days.
	Count   int `yaml:"count"`
	Days    int `yaml:"days"`
	OffDays int `yaml:"off_days"`

	rule string
}

// isLimit reports whether a rule is one of caps or suppressions: what keeps from the patient something
// that would have helped, because of what they got before.
// It goes by the beginnings of names that compile makes.
func isLimit(rule string) bool {
	return strings.HasPrefix(rule, "cap_") || strings.HasPrefix(rule, "shown_") || strings.HasPrefix(rule, "rejected_")
}

// outreachKept is how long an outreach is remembered, and maxSent how many.
// outreachKept covers the longest cap that may be written, and the state forgets what lies before it.
const (
	outreachKept = 45 * schemas.Day
	maxSent      = 64
)

// compile makes the names of rules and returns every problem. A period longer than outreach is remembered
// would never bind, so that it is refused.
func (p *ContactPolicy) compile() error {
	var errs []error
	if p.QuietFrom < 0 || p.QuietFrom > 24 || p.QuietTo < 0 || p.QuietTo > 24 || p.QuietFrom == p.QuietTo {
		errs = append(errs, fmt.Errorf("policy: quiet hours %d to %d", p.QuietFrom, p.QuietTo))
	}
	// Ten minutes is the longest that an outreach may be taken to wait unsent.
	if p.Recall < 0 || p.Recall > 10*time.Minute {
		errs = append(errs, fmt.Errorf("policy: recall of %v is not 0 to 10m", p.Recall))
	}
	for i := range p.Caps {
		c := &p.Caps[i]
		if c.Days < 1 || schemas.Millis(c.Days)*schemas.Day > outreachKept || c.Max < 1 || c.Max > maxSent {
			errs = append(errs, fmt.Errorf("policy: cap of %d in %d days", c.Max, c.Days))
		}
		c.rule = "cap_" + orAny(c.Channel) + "_" + orAny(c.Purpose) + fmt.Sprintf("_%dd", c.Days)
	}
	if len(p.Caps) == 0 {
		// Without a cap nothing would bound the outreach to a person.
		errs = append(errs, errors.New("policy: without any cap"))
	}
	for i := range p.Suppress {
		s := &p.Suppress[i]
		if s.Count < 1 || s.Days < 1 || schemas.Millis(max(s.Days, s.OffDays))*schemas.Day > outreachKept {
			errs = append(errs, fmt.Errorf("policy: suppression after %d in %d days", s.Count, s.Days))
		}
		s.rule = fmt.Sprintf("shown_%d_in_%dd", s.Count, s.Days)
		if s.Rejected {
			s.rule = fmt.Sprintf("rejected_%d_in_%dd", s.Count, s.Days)
		}
	}
	return errors.Join(errs...)
}

// orAny names the lack of a bound in the name of a rule.
func orAny(s string) string {
	if s == "" {
		return "any"
	}
	return s
}

// gate judges outreach to one person at one time.
// It belongs to one task. open sets it for a person, and forbids is asked for each action after that.
type gate struct {
	policy *ContactPolicy
	// zones keeps what was loaded: a zone costs a file, and every decision asks for one.
	zones zones
	State *schemas.PolicyState
	// at is the moment that is judged, and zone where the patient is; nil where nobody knows: then it is
	// night.
	at   schemas.Millis
	zone *time.Location
	// closed is why there is no outreach at all, whatever the channel, or empty.
	closed string
	// free is when the quiet hours begin: an outreach must not be read in them.
	free schemas.Millis
}

// open looks at what holds for all channels: age, zone, quiet hours.
func (g *gate) open(s *schemas.PolicyState, at schemas.Millis, conflict bool) {
	// The gate is set anew for each person. forbids must not be asked before.
	g.State, g.at, g.closed = s, at, ""
	g.zone = g.zones.load(s.TimeZone)
	switch {
	// From what is about the person to what is about the hour: the first is what somebody can do
	// something about.
	case conflict:
		g.closed = conflictRule
	case s.Adult == adultUnknown:
		g.closed = "age_unknown"
	case s.Adult != adultYes:
		g.closed = "under_age"
	case g.zone == nil:
		g.closed = "time_zone_unknown"
	case g.quiet():
		g.closed = "quiet_hours"
	}
}

// quiet reports whether it is night where the person is, and else notes until when it is not.
func (g *gate) quiet() bool {
	// The hour where the patient is, and not where the contact center is.
	// The rule is on the event time, so that a replay gives the same answer.
	local := time.UnixMilli(int64(g.at)).In(g.zone)
	h := local.Hour()
	from, to := g.policy.QuietFrom, g.policy.QuietTo
	// Quiet hours mostly pass midnight; both ways round are allowed.
	if from < to {
		if h >= from && h < to {
			return true
		}
	} else if h >= from || h < to {
		return true
	}
	// The clock may be set on the way: an hour too little is the safe side.
	ahead := (from - h + 24) % 24
	passed := schemas.Millis(local.Minute())*schemas.Minute + schemas.Millis(local.Second())*schemas.Second + schemas.Millis(local.Nanosecond()/1e6)
	// ahead counts full hours, so that the part of this hour that has passed is taken off.
	g.free = g.at + schemas.Millis(ahead)*schemas.Hour - passed
	_, now := local.Zone()
	if _, then := time.UnixMilli(int64(g.free)).In(g.zone).Zone(); then > now {
		g.free -= schemas.Millis(then-now) * schemas.Second
	}
	return false
}

// forbids names the rule against an action on an outreach channel, or is empty. The open decision is
// not counted against itself.
func (g *gate) forbids(a *Action, c ActionChannel, open *schemas.OpenDecision) string {
	// In order: what closes everything, consent, suppressions, caps. The first is told.
	if g.closed != "" {
		return g.closed
	}
	if rule := consentRule(g.State, c.consentName(), a.Purpose); rule != "" {
		return rule
	}
	// A human call out for a red flag needs consent like any call. It is not counted, and fatigue is no
	// reason against it.
	if a.Class == ClassMandatory {
		return ""
	}
	for i := range g.policy.Suppress {
		if s := &g.policy.Suppress[i]; g.suppressed(s, a, open) {
			return s.rule
		}
	}
	// What answers something that the patient has asked for does not use up what others may send.
	// Suppressions have been asked by now: a patient may be tired of an answer, too.
	if a.Class == ClassTransactional {
		return ""
	}
	for i := range g.policy.Caps {
		if x := &g.policy.Caps[i]; g.capped(x, a, c, open) {
			return x.rule
		}
	}
	return ""
}

// capped reports whether a cap is reached that counts this action on this channel.
func (g *gate) capped(x *Cap, a *Action, c ActionChannel, open *schemas.OpenDecision) bool {
	if x.Channel != "" && x.Channel != c.String() || x.Purpose != "" && x.Purpose != a.Purpose {
		return false
	}
	n := 0
	for i := range g.State.Sent {
		s := &g.State.Sent[i]
		// The decision in force is not counted against itself, or it would end itself at the next
		// touchpoint.
		// Days are 24 hours: a calendar day would depend on the zone of the patient.
		if isOpen(s, open, a.ID) || g.at-s.At >= schemas.Millis(x.Days)*schemas.Day {
			continue
		}
		if x.Channel != "" && x.Channel != s.Channel || x.Purpose != "" && x.Purpose != s.Purpose || !OutreachName(s.Channel) {
			continue
		}
		n++
	}
	return n >= x.Max
}

// suppressed looks for Count decisions within Days, the last of them less than OffDays ago.
func (g *gate) suppressed(x *Suppression, a *Action, open *schemas.OpenDecision) bool {
	var last schemas.Millis
	n := 0
	// Newest first: the days are counted back from the last, and what lies before them does not matter.
	for i := len(g.State.Sent) - 1; i >= 0; i-- {
		s := &g.State.Sent[i]
		if s.Action != a.ID || x.Rejected && !s.Rejected || isOpen(s, open, a.ID) {
			continue
		}
		// The newest one, from which the days of the suppression run.
		if n == 0 {
			last = s.At
		}
		if last-s.At >= schemas.Millis(x.Days)*schemas.Day {
			break
		}
		n++
	}
	return n >= x.Count && g.at-last < schemas.Millis(x.OffDays)*schemas.Day
}

// again reports whether the action was decided too short a time ago.
// The decision in force does not count, or it would end itself at the next touchpoint.
func (g *gate) again(a *Action, open *schemas.OpenDecision) bool {
	if a.Again == 0 {
		return false
	}
	for i := len(g.State.Sent) - 1; i >= 0; i-- {
		s := &g.State.Sent[i]
		if s.Action == a.ID && !isOpen(s, open, a.ID) && g.at-s.At < schemas.Millis(a.Again.Milliseconds()) {
			return true
		}
	}
	return false
}

// recent counts the outreaches of the last seven days.
// It is the number that fatigue multiplies. The decision in force counts: it reached the patient, too.
func (g *gate) recent() int {
	n := 0
	for i := range g.State.Sent {
		if s := &g.State.Sent[i]; OutreachName(s.Channel) && g.at-s.At < 7*schemas.Day {
			n++
		}
	}
	return n
}

// isOpen reports whether s is the open decision itself.
// A sent action has no id. Action, channel and time together tell it.
func isOpen(s *schemas.SentAction, open *schemas.OpenDecision, action string) bool {
	return open != nil && open.Action == action && s.Action == action && s.At == open.At && s.Channel == open.Channel
}

// OutreachName says whether a channel, as named in records, is one of outreach.
// The state has names, which outlive the numbers of a build.
func OutreachName(channel string) bool {
	for c := ActionSMS; c < actionChannels; c++ {
		if actionChannelNames[c] == channel {
			return true
		}
	}
	return false
}

// zones are time zones by name, loaded once. Unknown ones are nil.
type zones map[string]*time.Location

const maxZones = 1024 // more than there are: names come from outside

// load is the zone of a name, or nil. Local would be the server's zone, and is nobody's.
func (z zones) load(name string) *time.Location {
	if name == "" || name == "Local" {
		return nil
	}
	if l, ok := z[name]; ok {
		return l
	}
	// A name that is no zone is remembered as none: it is looked up in a file each time otherwise.
	l, err := time.LoadLocation(name)
	if err != nil {
		l = nil
	}
	if len(z) < maxZones {
		z[string([]byte(name))] = l
	}
	return l
}
