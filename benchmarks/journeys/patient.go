package journeys

// traits are what a patient is: a function of the seed and the patient's number.
// Nothing in this package infers one from behaviour.
type traits struct {
	segment int
	// Index into zones.
	zone int
	// Index into languages.
	language int
	states   bool
	// Index into preferences; 0 is none stated.
	preferred uint8
	// One of the consent constants.
	consent   uint8
	adult     bool
	zoneKnown bool
	// The phone number is not on file until the first call.
	phoneOpen bool
	// Index into socialNeeds, where the segment says so.
	social int
	// The line of the contact center that this region dials.
	lines int
}

// What patients have said about being contacted.
const (
	consentUnknown = iota
	consentGranted
	consentCareOnly
	consentDenied
	consentNever // do not contact
)

type zone struct {
	name string
	// Hours from UTC in winter: enough for a daily rhythm.
	offset  int64
	percent int
}

var zones = [...]zone{
	{"America/New_York", -5, 47}, {"America/Chicago", -6, 29}, {"America/Denver", -7, 7},
	{"America/Los_Angeles", -8, 16}, {"Pacific/Honolulu", -10, 1},
}

var languages = [...]string{"en", "es", "zh", "vi", "ar"}

var preferences = [...]string{"", "voice", "sms", "email", "push"}

// socialNeeds are categories of the Gravity project with how they are known.
// What must never surface on a screen is not simulated.
var socialNeeds = [...]struct{ code, provenance string }{
	{"transportation-insecurity", "self-reported"}, {"food-insecurity", "self-reported"},
	{"financial-insecurity", "administrative"}, {"medical-cost-burden", "self-reported"},
	{"housing-instability", "observed"}, {"language-access", "administrative"}, {"digital-access", "observed"},
}

// traitsOf derives the traits of a patient.
func traitsOf(seed uint64, patient uint32) traits {
	h := mix(seed ^ mix(uint64(patient)+0x9e3779b97f4a7c15))
	// Each call takes a number below n off the hash, and refreshes it.
	take := func(n int) int {
		v := int(h >> 32 * uint64(n) >> 32)
		h = mix(h + 0x9e3779b97f4a7c15)
		return v
	}
	t := traits{}
	if take(100) < chronicShare {
		t.segment |= segmentChronic
	}
	if take(100) < unversedShare {
		t.segment |= segmentUnversed
	}
	if take(100) < socialShare {
		t.segment |= segmentSocial
	}
	for p := take(100); t.zone < len(zones)-1 && p >= zones[t.zone].percent; t.zone++ {
		p -= zones[t.zone].percent
	}
	switch p := take(100); {
	case p >= 97:
		t.language = 4
	case p >= 95:
		t.language = 3
	case p >= 92:
		t.language = 2
	case p >= 80:
		t.language = 1
	}
	t.states = t.language > 0 || take(100) < 40
	if take(100) < 40 {
		t.preferred = uint8(1 + take(len(preferences)-1))
	}
	switch p := take(1000); {
	case p < 80:
		t.consent = consentUnknown
	case p < 700:
		t.consent = consentGranted
	case p < 850:
		t.consent = consentCareOnly
	case p < 990:
		t.consent = consentDenied
	default:
		t.consent = consentNever
	}
	t.adult = take(100) < 96
	t.zoneKnown = take(100) < 92
	t.phoneOpen = take(100) < 15
	t.social = take(len(socialNeeds))
	t.lines = take(4)
	return t
}

// patientState is what the simulator remembers of a patient.
type patientState struct {
	registered bool
	// Deceased.
	gone bool
	// The present cookie is known to be the patient's.
	linked bool
	// The app's device is known to be the patient's.
	device bool
	// The present phone number is on file.
	phoneKnown bool
	// How often the number has changed.
	phone     uint8
	cookie    uint16
	busyUntil int64
}

// localHour is the hour of day where the patient lives.
func localHour(at int64, zone int) int {
	return int((at/3_600_000 + zones[zone].offset + 24) % 24)
}

// activity is how likely patients begin an episode by hour of day, of 256.
var activity = [24]int{20, 14, 10, 10, 12, 24, 60, 120, 200, 245, 256, 250, 220, 225, 235, 230, 215, 190, 165, 150, 135, 110, 70, 40}
