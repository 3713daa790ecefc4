package world

// traits are what a patient is: a function of the seed and the patient's number.
type traits struct {
	segment int
	// Index into frailty.
	node int
	// Index into zones, languages, preferences (0 is none stated), socialNeeds, consentScopes.
	zone, language, preferred, social, consent int
	states, zoneKnown                          bool
	// Children and some of the old have somebody who calls for them: an index into proxies, 0 for nobody.
	proxy int
	// The phone is shared with the neighbour by number.
	shared bool
	// The phone number is not on file until the first call.
	phoneOpen bool
	// Which line of the contact center the region dials.
	line int
	// Days between two refills, and the tick in which the first is announced.
	refillEvery int
	refillAt    uint32
}

var zones = [...]struct {
	name    string
	percent int
}{
	{"America/New_York", 47}, {"America/Chicago", 29}, {"America/Denver", 7}, {"America/Los_Angeles", 16}, {"Pacific/Honolulu", 1},
}

var languages = [...]struct {
	tag     string
	percent int
}{{"en", 80}, {"es", 12}, {"zh", 3}, {"vi", 2}, {"ar", 3}}

// spanish is its index in languages.
const spanish = 1

var preferences = [...]string{"", "voice", "sms", "email", "push"}

// proxies are who calls for a patient, and what they may know.
var proxies = [...]struct{ relation, mayKnow string }{parent: {"parent", "all"}, caregiver: {"caregiver", "scheduling"}}

// Indices of proxies; 0 is the patient.
const (
	parent    = 1
	caregiver = 2
)

// socialNeeds are categories of the Gravity project with how they are known. What must never surface on
// a screen is not simulated.
var socialNeeds = [...]struct{ code, provenance string }{
	{"transportation-insecurity", "self-reported"}, {"food-insecurity", "self-reported"},
	{"financial-insecurity", "administrative"}, {"medical-cost-burden", "self-reported"},
	{"housing-instability", "observed"}, {"language-access", "administrative"},
	// The last one is what a patient of low digital literacy has.
	{"digital-literacy", "observed"},
}

// digitalLiteracy is its index in socialNeeds.
const digitalLiteracy = len(socialNeeds) - 1

// traitsOf derives the traits of a patient.
func traitsOf(seed uint64, patient uint32) traits {
	d := dice{key: mix(seed^0x747261697473) + mix(uint64(patient)+1)}
	t := traits{}
	for i, share := range [...]int{chronicShare, unversedShare, socialShare} {
		if d.below(100) < share {
			t.segment |= 1 << i
		}
	}
	u := d.unit()
	for t.node < nodes-1 && u >= frailtyWeight[t.node] {
		u -= frailtyWeight[t.node]
		t.node++
	}
	for p := d.below(100); p >= zones[t.zone].percent; t.zone++ {
		p -= zones[t.zone].percent
	}
	for p := d.below(100); p >= languages[t.language].percent; t.language++ {
		p -= languages[t.language].percent
	}
	t.states = t.language > 0 || d.below(100) < 40
	if d.below(100) < 40 {
		t.preferred = 1 + d.below(len(preferences)-1)
	}
	for p := d.below(1000); p >= consentPerMille[t.consent]; t.consent++ {
		p -= consentPerMille[t.consent]
	}
	switch p := d.below(100); {
	case p < 18:
		t.proxy = parent
	case p < 22:
		t.proxy = caregiver
	}
	t.zoneKnown, t.phoneOpen = d.below(100) < 92, d.below(100) < 15
	t.shared = mix(seed^mix(uint64(patient)/2+0x686f757365))%100 < 12
	t.social, t.line = d.below(digitalLiteracy), d.below(4)
	t.refillEvery = 90
	if d.below(100) < 35 {
		t.refillEvery = 30
	}
	t.refillAt = uint32(d.below(t.refillEvery)*dayTicks + 8*hourTicks + d.below(8*hourTicks))
	return t
}

func (t *traits) adult() bool { return t.proxy != parent }

// refill is the tick, from one on, in which the next refill is announced, or never.
func (t *traits) refill(from uint32) uint32 {
	if t.segment&segmentChronic == 0 {
		return never
	}
	if from <= t.refillAt {
		return t.refillAt
	}
	every := uint32(t.refillEvery * dayTicks)
	return t.refillAt + (from-t.refillAt+every-1)/every*every
}

// person is what the generator remembers of a patient: 32 bytes, half a line of the cache, because there may be
// ten million.
type person struct {
	// How many dice were thrown.
	count uint32
	// The ticks in which to look again: for a deed, for a surprise.
	deed, surprise uint32
	// At least the probability of any deed in a tick, as it was when the next look for one was planned.
	bound float32
	// The first tick after the last call.
	over uint32
	// Due dates on record: the first in the pool, or 0.
	dues uint32
	// Records so far.
	serial uint32
	// What the patient is in.
	cell, need uint8
	// The danger of an urgent need.
	flag  uint8
	flags uint8
}

// Flags of a person.
const (
	registered = 1 << iota
	cookieKnown
	deviceKnown
	phoneKnown
	// The look for a deed, or for a surprise, was planned because nobody plans further ahead: draw again there.
	deedCut
	surpriseCut
)

// agenda is who is looked at in which tick: a ring of lists, as far ahead as agendaTicks. A list is a chain of
// chunks, so that it is known ahead whose memory will be needed.
type agenda struct {
	// The newest chunk of each list, or 0.
	first  []uint32
	chunks []chunk
	free   uint32
}

// chunk is a part of a list: two lines of the cache.
type chunk struct {
	next, n  uint32
	patients [30]uint32
}

// agendaTicks is how far ahead anybody plans: some eight weeks.
const agendaTicks = 1 << 14

func newAgenda() agenda { return agenda{first: make([]uint32, agendaTicks), chunks: make([]chunk, 1)} }

func (a *agenda) put(patient, tick uint32) {
	slot := &a.first[tick%agendaTicks]
	if *slot == 0 || int(a.chunks[*slot].n) == len(a.chunks[0].patients) {
		at := a.free
		if at != 0 {
			a.free = a.chunks[at].next
		} else {
			at = uint32(len(a.chunks))
			a.chunks = append(a.chunks, chunk{})
		}
		a.chunks[at].next, a.chunks[at].n = *slot, 0
		*slot = at
	}
	c := &a.chunks[*slot]
	c.patients[c.n] = patient
	c.n++
}

// take moves the next chunk of a tick's list to where the caller wants it, and returns false at its end.
func (a *agenda) take(tick uint32, into *chunk) bool {
	slot := &a.first[tick%agendaTicks]
	if *slot == 0 {
		return false
	}
	at := *slot
	*into = a.chunks[at]
	*slot = into.next
	a.chunks[at].next, a.free = a.free, at
	return true
}
