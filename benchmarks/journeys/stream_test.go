package journeys

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/attune-health/attune/schemas"
)

// fortnight is a simulation long enough for repeats and old facts to have come.
func fortnight() Config {
	return Config{Seed: 1, Patients: 20_000, Rate: 1.5, Duration: 14 * 24 * time.Hour}
}

func TestContactsHaveReasonsNearThePriors(t *testing.T) {
	var urgent [needs]int64 // these have the reason of their danger, and not of the priors
	urgents := int64(0)
	g := play(t, fortnight(), 0, func(e *Event) {
		if e.Truth.Disposition && e.Truth.Copy == 0 && e.Truth.Urgent != schemas.FlagNone && !e.Truth.Silent {
			urgent[slices.Index(reasonCodes[:], e.Touchpoint.Body.Call.Reason)]++
			urgents++
		}
	})
	if size := float64(g.Emitted()) / float64(g.begun); math.Abs(size/episodeSize-1) > 0.05 {
		t.Errorf("%.2f touchpoints an episode, the backfill assumes %v", size, episodeSize)
	}
	c := g.Ceiling()
	if c.Contacts < 100_000 {
		t.Fatalf("%d contacts", c.Contacts)
	}
	for i, n := range c.ByReason {
		share := float64(n-urgent[i]) / float64(c.Contacts-urgents)
		if math.Abs(share-priors[i]) > 0.01+priors[i]*0.05 {
			t.Errorf("%s: share %.3f, prior %.3f", reasonCodes[i], share, priors[i])
		}
	}
	if share := float64(c.WithoutPrecursor) / float64(c.Contacts); share < 0.30 || share > 0.45 {
		t.Errorf("%.3f of contacts without a precursor, want at least 0.30", share)
	}
}

func TestShortRunIsLikeALongOne(t *testing.T) {
	for rate, most := range map[float64]float64{50: 0.5, 2000: 0.6} {
		c := play(t, Config{Rate: rate, Duration: 3 * time.Minute}, 0, func(*Event) {}).Ceiling()
		if share := float64(c.WithoutPrecursor) / float64(c.Contacts); share < 0.30 || share > most || float64(c.Contacts) < 3*rate {
			t.Errorf("rate %v: %.3f of %d contacts without a precursor, ceiling %.3f", rate, share, c.Contacts, c.Accuracy())
		}
	}
}

// delays are how a channel's records lag behind what they tell.
type delays struct{ n, behind, copies, farCopies, longLate int }

func TestSourcesAreAsDisorderlyAsTheyAre(t *testing.T) {
	var by [5]delays
	var newest [5]schemas.Millis
	first := map[string]schemas.Millis{}
	play(t, Config{Seed: 2, Rate: 5, Patients: 20_000, Duration: 30 * time.Hour}, 0, func(e *Event) {
		if e.Kind != KindTouchpoint {
			return
		}
		tp, d := e.Touchpoint, &by[e.Touchpoint.Channel]
		if e.Truth.Copy > 0 {
			d.copies++
			if at, ok := first[tp.EventID]; ok && e.At-at > 60_000 {
				d.farCopies++
			}
			return
		}
		d.n++
		first[strings.Clone(tp.EventID)] = e.At
		if tp.OccurredAt < newest[tp.Channel] {
			d.behind++
		}
		if tp.Channel != schemas.ChannelEhr && e.At-tp.OccurredAt > 5*60_000 {
			d.longLate++
		}
		newest[tp.Channel] = max(newest[tp.Channel], tp.OccurredAt)
	})
	within := func(what string, channel schemas.Channel, got, of int, least, most float64) {
		t.Helper()
		if share := float64(got) / float64(of); share < least || share > most {
			t.Errorf("%s: %s of %.4f, want %v to %v", channel, what, share, least, most)
		}
	}
	for c := schemas.ChannelWeb; c < schemas.ChannelCount; c++ {
		d := by[c]
		within("copies", c, d.copies, d.n, 0.007, 0.013)
		within("copies long after", c, d.farCopies, d.copies, 0.03, 0.16)
		within("out of order", c, d.behind, d.n, 0.2, 1)
	}
	within("long late", schemas.ChannelWeb, by[schemas.ChannelWeb].longLate, by[schemas.ChannelWeb].n, 0.0005, 0.006)
	within("long late", schemas.ChannelApp, by[schemas.ChannelApp].longLate, by[schemas.ChannelApp].n, 0.0005, 0.006)
	within("long late", schemas.ChannelCall, by[schemas.ChannelCall].longLate, by[schemas.ChannelCall].n, 0, 0)
}

// callSoFar is a call as its touchpoints tell it.
type callSoFar struct {
	events []schemas.CallEvent
	reason string
}

func TestCallsAreWhole(t *testing.T) {
	calls := map[string]*callSoFar{}
	play(t, Config{Seed: 4, Rate: 100, Patients: 10_000, Duration: 2 * time.Hour, DuplicateShare: -1}, 0, func(e *Event) {
		if e.Kind != KindTouchpoint || e.Touchpoint.Channel != schemas.ChannelCall {
			return
		}
		c := &e.Touchpoint.Body.Call
		call := calls[e.Touchpoint.ContactID.V]
		if call == nil {
			call = &callSoFar{}
			calls[strings.Clone(e.Touchpoint.ContactID.V)] = call
		}
		call.events = append(call.events, c.Event)
		if c.Event != schemas.CallEventDisposition {
			if c.Reason != "" || c.Queued || c.Answered || c.Abandoned {
				t.Fatalf("%s tells what is known at the disposition only", c.Event)
			}
			return
		}
		call.reason = c.Reason
		if c.Reason == "" || c.Abandoned && (c.Answered || !c.Queued) || (c.WaitMs > 0) != c.Queued || (c.TalkMs > 0) != c.Answered {
			t.Fatalf("disposition contradicts itself: %+v", *c)
		}
	})
	ended, abandoned, queued := 0, 0, 0
	for _, call := range calls {
		if call.reason == "" {
			continue // still going on
		}
		ended++
		for _, event := range call.events {
			switch event {
			case schemas.CallEventQueued:
				queued++
			case schemas.CallEventAbandoned:
				abandoned++
			}
		}
	}
	if share := float64(abandoned) / float64(queued); ended < 5_000 || share < 0.05 || share > 0.25 {
		t.Errorf("%d calls, %.3f of the queued abandoned", ended, share)
	}
}

func TestAnonymousVisitorsBecomeKnownLater(t *testing.T) {
	const unknown, linked = 1, 2
	cookies := map[string]int{}
	anonymous, web, later, phones, unlinks := 0, 0, 0, 0, 0
	play(t, Config{Seed: 6, Rate: 50, Patients: 5000, Duration: 12 * time.Hour}, 0, func(e *Event) {
		switch {
		case e.Kind == KindLink && e.Link.Identifier.Kind == schemas.IdentifierKindCookie:
			cookie := e.Link.Identifier.Value.Reveal()
			if cookies[cookie]&unknown != 0 {
				later++
			}
			cookies[strings.Clone(cookie)] |= linked
		case e.Kind == KindLink && e.Link.Identifier.Kind == schemas.IdentifierKindPhone:
			phones++
			if e.Link.Op == schemas.LinkOpUnlink {
				unlinks++
			}
		case e.Kind == KindTouchpoint && e.Touchpoint.Channel == schemas.ChannelWeb:
			web++
			if ids := e.Touchpoint.Identifiers; len(ids) == 1 {
				anonymous++
				if cookie := ids[0].Value.Reveal(); cookies[cookie] == 0 {
					cookies[strings.Clone(cookie)] = unknown
				}
			}
		}
	})
	if share := float64(anonymous) / float64(web); share < 0.3 || share > 0.85 {
		t.Errorf("%.2f of the web touchpoints show a cookie only", share)
	}
	if later < 1000 || phones < 1000 || unlinks < 10 {
		t.Errorf("%d cookies were linked after use, %d phone links of which %d unlinks", later, phones, unlinks)
	}
}

func TestAllSortsOfThingsHappen(t *testing.T) {
	web, app, ehr, statuses := map[schemas.WebEvent]int{}, map[schemas.AppEvent]int{}, map[schemas.EhrEvent]int{}, map[schemas.ConsentStatus]int{}
	play(t, fortnight(), 0, func(e *Event) {
		switch {
		case e.Kind == KindConsent:
			statuses[e.Consent.Status]++
		case e.Kind != KindTouchpoint:
		case e.Touchpoint.Channel == schemas.ChannelWeb:
			web[e.Touchpoint.Body.Web.Event]++
		case e.Touchpoint.Channel == schemas.ChannelApp:
			app[e.Touchpoint.Body.App.Event]++
		case e.Touchpoint.Channel == schemas.ChannelEhr:
			f := &e.Touchpoint.Body.Ehr
			ehr[f.Event]++
			if (f.Event == schemas.EhrEventNeedRecorded) != (f.Provenance != "") || f.Provenance == "derived" {
				t.Fatalf("%s with provenance %q", f.Event, f.Provenance)
			}
		}
	})
	for e := schemas.WebEventPageView; e <= schemas.WebEventExit; e++ {
		if web[e] == 0 {
			t.Errorf("web: no %s", e)
		}
	}
	for e := schemas.AppEventScreenView; e <= schemas.AppEventRageClick; e++ {
		if app[e] == 0 {
			t.Errorf("app: no %s", e)
		}
	}
	for e := schemas.EhrEventAppointmentBooked; e <= schemas.EhrEventDeceased; e++ {
		if ehr[e] == 0 {
			t.Errorf("ehr: no %s", e)
		}
	}
	for s := schemas.ConsentStatusGranted; s <= schemas.ConsentStatusDoNotContact; s++ {
		if statuses[s] == 0 {
			t.Errorf("consents: no %s", s)
		}
	}
}

func TestBadRecords(t *testing.T) {
	seen := map[Bad]int{}
	ids := map[string]schemas.Millis{}
	touchpoints := 0
	play(t, Config{Seed: 9, Rate: 500, Patients: 5000, Duration: 10 * time.Minute, BadShare: 0.02}, 0, func(e *Event) {
		if e.Kind == KindLink || e.Kind == KindConsent {
			return
		}
		touchpoints++
		bad := e.Truth.Bad
		if bad != "" {
			seen[bad]++
		}
		tp := e.Touchpoint
		wrong := false
		switch bad {
		case "":
			wrong = e.Kind != KindTouchpoint || len(tp.Identifiers) == 0 || e.Topic != schemas.TouchpointTopic(tp.Channel)
			ids[strings.Clone(tp.EventID)] = tp.OccurredAt
		case BadUndecodable, BadSchema:
			wrong = e.Kind != KindRaw || tp != nil || len(e.Raw) == 0
		case BadIdentifier:
			wrong = len(tp.Identifiers) > 0 || tp.ContactID.OK
		case BadTime:
			wrong = tp.OccurredAt > 0 && tp.OccurredAt-e.At < 366*day
		case BadChannel:
			wrong = e.Topic == schemas.TouchpointTopic(tp.Channel)
		case BadReason:
			wrong = tp.Body.Web.Reason != unknownReason && tp.Body.App.Reason != unknownReason
		case BadPhantom:
			wrong = !tp.Body.Call.Phantom
		case BadConflict:
			at, known := ids[tp.EventID]
			wrong = !known || at == tp.OccurredAt
		}
		if wrong {
			t.Errorf("%q is not what it says", bad)
		}
	})
	n := 0
	for _, bad := range badCodes {
		if seen[bad] < 50 {
			t.Errorf("%d records %s", seen[bad], bad)
		}
	}
	for _, c := range seen {
		n += c
	}
	if share := float64(n) / float64(touchpoints); share < 0.015 || share > 0.025 {
		t.Errorf("%.4f of the records are bad, want 0.02", share)
	}
}
