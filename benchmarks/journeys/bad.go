package journeys

import "github.com/attune-health/attune/schemas"

// How a record is made bad, in pending.event.
const (
	spoilBytes = iota
	spoilSchema
	spoilIdentifiers
	spoilPast
	spoilFuture
	spoilChannel
	spoilReason
	spoilPhantom
	spoilCopy
)

var badCodes = [badKinds]Bad{BadUndecodable, BadSchema, BadIdentifier, BadTime, BadTime, BadChannel, BadReason, BadPhantom, BadConflict}

// spoil sometimes queues a bad record after a good one. It is an additional record,
// so that the good ones stay as they are.
func (g *Generator) spoil(after *pending) {
	if after.copy == 0 && (after.channel == schemas.ChannelWeb || after.channel == schemas.ChannelApp) {
		g.previous = *after
	}
	if g.bads == 0 || !g.dice.hit(g.bads) || g.previous.id == 0 {
		return
	}
	how := g.dice.below(badKinds)
	p := g.previous
	if how == spoilPhantom {
		g.contacts++
		p = pending{patient: after.patient, channel: schemas.ChannelCall, who: whoContact, contact: g.contacts,
			event: uint8(schemas.CallEventDisposition), reason: noNeed, outcome: callPhantom}
	}
	p.kind, p.at, p.bad = itemBad, after.at+int64(g.dice.below(3000)), badCodes[how]
	p.occurred, p.received = p.at-2*second, p.at
	if how == spoilCopy {
		p.occurred = g.previous.occurred + 7
	} else {
		g.numbers++
		p.id = g.numbers
	}
	p.stage = uint8(how)
	g.queue.push(&p)
}

// spoiled writes a bad record.
func (w *writer) spoiled(p *pending) Event {
	e := w.touchpoint(p)
	e.Truth.Bad = p.bad
	t := e.Touchpoint
	switch p.stage {
	case spoilBytes:
		return w.raw(e, "{not avro}")
	case spoilSchema:
		return w.raw(e, "\x00\x7f\xff\xff\xf0rest")
	case spoilIdentifiers:
		t.Identifiers = t.Identifiers[:0]
	case spoilPast:
		t.OccurredAt = 0
	case spoilFuture:
		t.OccurredAt += farFutureMillis
	case spoilChannel:
		e.Topic = schemas.TopicTouchpointsCall
	case spoilReason:
		t.Body.Web.Reason, t.Body.App.Reason = unknownReason, unknownReason
	}
	return e
}

// raw turns an event into bytes that are no touchpoint.
func (w *writer) raw(e Event, value string) Event {
	e.Kind, e.Touchpoint = KindRaw, nil
	w.bytes = append(w.bytes[:0], value...)
	e.Raw = w.bytes
	return e
}
