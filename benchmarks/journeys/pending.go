package journeys

import "github.com/attune-health/attune/schemas"

// itemKind is what a pending item is.
type itemKind uint8

const (
	itemTouch   itemKind = iota // a touchpoint
	itemLink                    // an identity link
	itemConsent                 // a consent
	itemBad                     // a record to be rejected
	itemEpisode                 // an episode whose next stage is to be planned
)

// pending is something to come, in numbers only. Its record is written when it is
// due, so that waiting costs little memory.
type pending struct {
	// Arrival.
	at int64
	// Event time.
	occurred int64
	received int64
	// Number of the record, the same for its copies.
	id uint64
	// Number of the call, or 0.
	contact uint64
	// Number of the web or app session, or 0.
	session uint64
	// Number of the portal message, or 0.
	thread uint64
	// When a fact of the record falls due, or 0.
	due int64

	// Milliseconds of the call.
	wait, talk, menu int32
	dwell            int32
	patient          uint32
	results          int16
	cookie           uint16

	kind itemKind
	// 0 is the first delivery.
	copy    uint8
	channel schemas.Channel
	// Of the enum of the channel; for links the operation, for bad records the kind.
	event uint8
	// Index into contentMap; for facts into triggers; for links the identifier's kind.
	place    uint8
	reason   int8
	priority uint8
	phone    uint8
	agent    uint8
	// Bits: which identifiers the source knew.
	who uint8
	// Bits: what became of the call.
	outcome uint8
	// Of an episode and its call: what its urgent need leaves to be seen.
	urgent urgency
	// Of an episode and its call: something looks like danger and is none.
	near bool
	// The danger.
	flag schemas.Flag
	// This touchpoint shows it.
	sign schemas.Flag
	// Stage of an episode.
	stage uint8
	// The episode ends with a call.
	calls bool
	bad   Bad
	cell  cell
}

// Which identifiers a source knew.
const (
	whoMRN = 1 << iota
	whoMember
	whoPhone
	whoDevice
	whoCookie
	whoContact
)

// What became of a call.
const (
	callQueued = 1 << iota
	callAnswered
	callAbandoned
	callPhantom
)
