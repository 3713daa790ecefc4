package journeys

import "github.com/attune-health/attune/schemas"

// what a pending item is.
type itemKind uint8

const (
	itemTouch   itemKind = iota // a touchpoint
	itemLink                    // an identity link
	itemConsent                 // a consent
	itemBad                     // a record to be rejected
	itemEpisode                 // an episode whose next stage is to be planned
)

// pending is something to come, in numbers only: records are written from it
// when it is due, so that waiting costs little.
type pending struct {
	at       int64 // arrival
	occurred int64 // event time
	received int64
	id       uint64 // number of the record, the same for its copies
	contact  uint64 // number of the call, or 0
	session  uint64 // number of the web or app session, or 0
	thread   uint64 // number of the portal message, or 0
	due      int64  // when a fact of the record falls due, or 0

	wait, talk, menu int32 // milliseconds of the call
	dwell            int32
	patient          uint32
	results          int16
	cookie           uint16

	kind     itemKind
	copy     uint8 // 0 is the first delivery
	channel  schemas.Channel
	event    uint8 // of the channel's enum; for links the operation, for bad records the kind
	place    uint8 // index into contentMap; for facts into triggers; for links the identifier's kind
	reason   int8
	priority uint8
	phone    uint8
	agent    uint8
	who      uint8        // bits: which identifiers the source knew
	outcome  uint8        // bits: what became of the call
	urgent   urgency      // of an episode and its call: what its urgent need leaves to be seen
	near     bool         // likewise: something looks like danger and is none
	flag     schemas.Flag // the danger
	sign     schemas.Flag // this touchpoint shows it
	stage    uint8        // of an episode
	calls    bool         // the episode ends with a call
	bad      Bad
	cell     cell
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
