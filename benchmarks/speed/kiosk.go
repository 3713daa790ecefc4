package main

import (
	"strconv"

	"github.com/attune-health/attune/benchmarks/journeys"
	"github.com/attune-health/attune/schemas"
)

// kiosk is a browser in a waiting room that many people use under one cookie. It sends a large share of
// all touchpoints under one key, so that all of it goes through one partition and one person's state.
type kiosk struct {
	// Touchpoints that the kiosk owes for its share.
	owed float64
	sent int
	view schemas.Touchpoint
	// The body of somebody else's touchpoint, which the kiosk repeats.
	body schemas.Web
}

const (
	kioskCookie  = "visitor-kiosk"
	kioskSession = 20 // page views
)

// follow sends the page views that the kiosk owes after one more touchpoint of others.
func (k *kiosk) follow(s *source, e *journeys.Event, share float64) (n int, err error) {
	if e.Touchpoint.Channel == schemas.ChannelWeb {
		k.body = e.Touchpoint.Body.Web // its texts are constants of the simulator
	}
	for k.owed += share / (1 - share); k.owed >= 1; k.owed-- {
		k.sent++
		k.view = schemas.Touchpoint{
			EventID: "kiosk/" + strconv.Itoa(k.sent), OccurredAt: e.At, ReceivedAt: e.At, Channel: schemas.ChannelWeb,
			Identifiers: []schemas.Identifier{{Kind: schemas.IdentifierKindCookie, Value: kioskCookie}},
			SessionID:   schemas.Some(schemas.Protected("kiosk-" + strconv.Itoa(k.sent/kioskSession))),
			Body:        schemas.TouchpointBody{Kind: schemas.TouchpointBodyWeb, Web: k.body},
		}
		view := journeys.Event{At: e.At, Topic: schemas.TopicTouchpointsWeb, Key: []byte(kioskCookie), Kind: journeys.KindTouchpoint, Touchpoint: &k.view}
		if err := s.append(&view); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}
