package journeys

import "github.com/attune-health/attune/schemas"

// Kind says which field of an Event holds.
type Kind uint8

// The kinds of records.
const (
	KindTouchpoint Kind = iota
	KindLink
	KindConsent
	KindRaw
)

// Event is one record on its way to a topic.
type Event struct {
	// At is when it reaches the topic, on the simulated clock.
	At schemas.Millis
	// Topic is where it goes.
	Topic string
	// Key is the record's key as the source chooses it; nil for none.
	Key []byte
	// Kind says which of the following holds.
	Kind       Kind
	Touchpoint *schemas.Touchpoint
	Link       *schemas.IdentityLink
	Consent    *schemas.Consent
	// Raw is a record's whole value, to be produced as it is.
	Raw []byte
	// Truth is what no predictor may see.
	Truth Truth
}

// Truth is what the simulator knows about an event and its reader does not.
type Truth struct {
	// Patient is the patient's number.
	Patient uint32
	// Contact is the number of the call, or 0.
	Contact uint64
	// Copy is 0 for the first delivery of a touchpoint.
	Copy int
	// Bad says why the pipeline must reject the record; empty for good ones.
	Bad Bad
	// Urgent is the danger that the caller is in: on every touchpoint of the call. FlagNone: in none.
	Urgent schemas.Flag
	// Silent tells that nothing shows it before an agent hears it.
	Silent bool
	// Near tells that something before the call looks like danger and is none.
	Near bool
	// Sign is the danger that this touchpoint shows, of a caller who is in it.
	Sign schemas.Flag
	// Disposition tells that the fields below hold: the contact's end.
	Disposition bool
	// Precursor tells that something observable led to the contact.
	Precursor bool
	// Best is the reason that the best predictor names, and P how probable
	// it is to be right.
	Best string
	P    float64
}

// Bad is a reason code for rejection, as in topic touchpoints.rejected.
type Bad string

// The kinds of bad records.
const (
	BadUndecodable  Bad = "undecodable"
	BadSchema       Bad = "unknown_schema"
	BadIdentifier   Bad = "missing_identifier"
	BadTime         Bad = "absurd_time"
	BadChannel      Bad = "unknown_channel"
	BadReason       Bad = "unknown_reason"
	BadPhantom      Bad = "phantom"
	BadConflict     Bad = "event_id_conflict"
	badKinds            = 9
	farFutureMillis     = 400 * day
	unknownSchema       = 0x7ffffff0
	unknownReason       = "R99"
)
