package patient

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/attune-health/attune/operators/emit"
	"github.com/attune-health/attune/operators/observe"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// bucket is the same rule in other words: tokens come by with event time, and each touchpoint takes one.
type bucket struct {
	newest schemas.Millis
	tokens float64
}

func (b *bucket) takes(at schemas.Millis, perMinute, burst float64) bool {
	if b.newest == 0 {
		b.newest, b.tokens = at, burst
	}
	if at > b.newest {
		b.tokens = min(burst, b.tokens+perMinute*float64(at-b.newest)/60_000)
		b.newest = at
	}
	if b.tokens < 1-1e-9 {
		return false
	}
	b.tokens--
	return true
}

func TestTouchpointsBeyondTheLimitAreRejectedAndOthersNot(t *testing.T) {
	c := testConfig()
	c.Observe.Limit = observe.LimitConfig{PerMinute: 30, Burst: 5}
	s := newSiteOf(t, c)
	dice := rand.New(rand.NewPCG(4, 2))
	buckets, want := map[string]*bucket{}, map[string]int{}
	over, clock := map[string]bool{}, t0
	for i := range 3000 {
		clock += schemas.Millis(dice.IntN(600))
		who := "kiosk"
		if dice.IntN(3) == 0 {
			who = fmt.Sprint("person-", dice.IntN(20))
		}
		at := clock - schemas.Millis(dice.IntN(4000)) // disorder
		id := fmt.Sprint("e", i)
		if dice.IntN(10) == 0 { // calls are never limited
			s.touch(callStep(id, at, schemas.CallEventQueued, id, cookie(who)), 0)
			want[who]++
			continue
		}
		if buckets[who] == nil {
			buckets[who] = &bucket{}
		}
		if buckets[who].takes(at, 30, 5) {
			want[who]++
		} else {
			over[id] = true
		}
		s.touch(webStep(id, at, schemas.WebEventPageView, "p", "", cookie(who)), 0)
		s.quiet() // in this order
	}
	rejected := 0
	for id, list := range s.rejected(s.config.Emit.Topics.Rejected) {
		for _, r := range list {
			if r.Reason != emit.ReasonOverLimit || !over[id] {
				t.Errorf("%s is rejected as %s", id, r.Reason)
			}
			rejected++
		}
	}
	if rejected != len(over) || len(over) < 500 {
		t.Errorf("%d rejected, want %d, hundreds of them", rejected, len(over))
	}
	for who, n := range want {
		if p := s.personas()[s.owner(cookie(who))]; p.Touchpoints != int64(n) {
			t.Errorf("%s: %d touchpoints in the persona, want %d", who, p.Touchpoints, n)
		}
	}
}

func TestWhoHasPaidIsForgotten(t *testing.T) {
	c := testConfig()
	c.Observe.Limit = observe.LimitConfig{PerMinute: 60}
	s := newSiteOf(t, c)
	for i := range 90 {
		s.touch(webStep(fmt.Sprint("e", i), t0+schemas.Millis(i), schemas.WebEventPageView, "p", "", cookie("k1")), 0)
	}
	s.quiet()
	for p := range int32(testSources) { // time goes on, on all channels that a patient's timers wait for
		later := t0 + schemas.Hour
		s.touch(webStep(fmt.Sprint("w", p), later, schemas.WebEventPageView, "p", "", cookie("w1")), p)
		s.touch(appStep(fmt.Sprint("a", p), later, schemas.AppEventScreenView, "p", "", cookie("a1")), p)
		s.touch(callStep(fmt.Sprint("c", p), later, schemas.CallEventQueued, "c", cookie("c1")), p)
	}
	s.quiet()
	last := map[string][]byte{}
	for p := range int32(testPatients) {
		for _, r := range s.logs[pipeline.TopicPartition{Topic: "patient-changelog", Partition: p}] {
			if bytes.HasPrefix(r.Key, []byte("rates\x00")) {
				last[string(r.Key)] = r.Value
			}
		}
	}
	kept := 0
	for _, v := range last {
		if v != nil {
			kept++
		}
	}
	if len(last) != 3 || kept != 2 {
		t.Errorf("%d shards had a rate, of %d it is kept; want 3, and 2 that have not paid yet", len(last), kept)
	}
}

func FuzzRate(f *testing.F) {
	f.Add(observe.RateCodec{}.AppendValue(nil, &observe.Rate{Newest: 1772452800000000, Paid: 1772452800000123}))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, src []byte) {
		var r, again observe.Rate
		if (observe.RateCodec{}).DecodeValue(src, &r) != nil {
			return
		}
		if err := (observe.RateCodec{}).DecodeValue(observe.RateCodec{}.AppendValue(nil, &r), &again); err != nil || again != r {
			t.Errorf("%+v comes back as %+v, %v", r, again, err)
		}
	})
}
