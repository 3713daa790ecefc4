package patient

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/attune-health/attune/operators/observe"
	"github.com/attune-health/attune/operators/person"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// The fold does not change a shard, and a person's figures are the sum of the shards', so that taking
// a shard out again takes out exactly what it had brought.
func TestFoldLeavesShardsAsTheyAre(t *testing.T) {
	s := newSite(t)
	rnd := rand.New(rand.NewPCG(5, 5))
	config := s.config
	f := person.Folder{Config: &config.Person, Taxonomy: config.Taxonomy}
	var shards []*schemas.ShardState
	for i := range 3 {
		p := &patient{config: &config.Config, folder: f, contacts: observe.Contacts{Silence: config.Observe.ContactSilence, Ttl: config.Person.ContactTTL}, timers: person.ShardTimers{Config: &config.Person}}
		st := &schemas.ShardState{}
		for k := range 30 {
			x := drawTouchpoint(rnd, fmt.Sprintf("%d-%d", i, k), t0+schemas.Millis(rnd.IntN(1000))*schemas.Minute, mrn("m1"))
			j := &person.Journey{Names: person.Names{}, Touchpoint: &x, Shard: st, Shards: []*schemas.ShardState{st}, At: pipeline.Time(x.OccurredAt), Who: personOf(st)}
			if x.Channel == schemas.ChannelEhr {
				x.Body.Ehr.Event = schemas.EhrEventOrderPlaced
			}
			if err := p.contacts.Process(nil, j); err != nil {
				t.Fatal(err)
			}
			step := &observe.Persona{Config: &config.Person, Folder: &p.folder, Timers: &p.timers, Changes: &p.changes, MessageSLA: config.Observe.MessageSLA, Names: person.Names{}}
			step.Apply(nil, j)
		}
		shards = append(shards, st)
	}
	var before []schemas.ShardState
	sum := schemas.Persona{}
	for _, st := range shards {
		before = append(before, st.Clone())
		var one schemas.Persona
		who := personOf(st)
		who.Refresh()
		f.Persona(&one, who, t0+1000*schemas.Minute)
		sum.Touchpoints, sum.Calls, sum.Effort, sum.WebActivity = sum.Touchpoints+one.Touchpoints, sum.Calls+one.Calls, sum.Effort+one.Effort, sum.WebActivity+one.WebActivity
	}
	j := &person.Journey{Shards: shards, AsOf: pipeline.Time(t0 + 1000*schemas.Minute), Person: &schemas.PersonState{}, Who: personOf(shards...)}
	f.Fold(j)
	got := schemas.Persona{Touchpoints: j.Persona.Touchpoints, Calls: j.Persona.Calls, Effort: j.Persona.Effort, WebActivity: j.Persona.WebActivity}
	if diff := cmp.Diff(sum, got, cmpopts.EquateApprox(0, 1e-9), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("fold is not the sum of its shards (-sum +fold):\n%s", diff)
	}
	for i, st := range shards {
		var a, b []byte
		if a, b = before[i].AppendAvro(nil), st.AppendAvro(nil); string(a) != string(b) {
			t.Errorf("shard %d was changed by the fold", i)
		}
	}
	var recent []schemas.RecentStep
	for walk := j.Recent(); ; {
		r := walk.Next()
		if r == nil {
			break
		}
		recent = append(recent, *r)
	}
	if !slices.IsSortedFunc(recent, func(a, b schemas.RecentStep) int { return int(b.At - a.At) }) || len(recent) != person.MaxRecent {
		t.Errorf("recent touchpoints: %d, or out of order", len(recent))
	}
}

func personOf(shards ...*schemas.ShardState) *person.Person {
	who := &person.Person{State: &schemas.PersonState{}}
	for i, st := range shards {
		who.Shards = append(who.Shards, person.Owned{Name: fmt.Sprint(i), State: st})
	}
	return who
}
