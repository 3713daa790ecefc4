package desk

import (
	"cmp"
	"slices"
	"strings"

	"github.com/attune-health/attune/operators/evidence"
	"github.com/attune-health/attune/schemas"
)

// Bounds of a journey: shards of a person that are looked at, and steps of a page.
const (
	maxShards = 64
	pageSteps = 100
)

// journey is a person's steps, newest first, those before a cursor; nil where there are none at all.
func (a *answers) journey(ref, before string, limit int, behind Behind) (*journeyAnswer, error) {
	var steps []schemas.Touchpoint
	shards := 0
	prefix := key(keyShard, ref, "")
	err := a.store.scan(prefix, func(k, _ []byte) (bool, error) {
		some, err := a.steps(string(k[len(prefix):]), before, limit+1)
		steps = append(steps, some...)
		shards++
		return shards < maxShards, err
	})
	if err != nil || shards == 0 {
		return nil, err
	}
	slices.SortFunc(steps, func(x, y schemas.Touchpoint) int { return strings.Compare(cursor(&y), cursor(&x)) })
	out := &journeyAnswer{PersonRef: ref, Steps: []stepAnswer{}, Desk: behind}
	for i := range steps {
		if len(out.Steps) == limit {
			out.Next = cursor(&steps[i-1])
			break
		}
		out.Steps = append(out.Steps, a.step(&steps[i]))
	}
	return out, nil
}

// steps are the newest of a shard that are before a cursor, at most n.
func (a *answers) steps(shard, before string, n int) ([]schemas.Touchpoint, error) {
	var out []schemas.Touchpoint
	err := a.store.scanBack(key(keyStep, shard, ""), func(_, v []byte) (bool, error) {
		var t schemas.Touchpoint
		_, rest, err := placeOf(v)
		if err == nil {
			err = schemas.DecodeWhole(&t, rest)
		}
		if err != nil {
			return false, err
		}
		if before == "" || cursor(&t) < before {
			out = append(out, t.Clone())
		}
		return len(out) < n, nil
	})
	return out, err
}

// cursor orders steps by event time, and is a page's place in a journey.
func cursor(t *schemas.Touchpoint) string { return t.OccurredAt.String() + " " + t.EventID }

// told says whether a step may be kept and shown: a recorded need only where rules may look at it.
func told(t *schemas.Touchpoint) bool {
	return t.Body.Kind != schemas.TouchpointBodyEhr || t.Body.Ehr.Event != schemas.EhrEventNeedRecorded || evidence.NeedBit(t.Body.Ehr.Code.Reveal()) != 0
}

// step is a step for eyes.
func (a *answers) step(t *schemas.Touchpoint) stepAnswer {
	s := stepAnswer{EventID: t.EventID, OccurredAt: t.OccurredAt.Time(), Channel: t.Channel.String(), ContactRef: t.ContactID.V}
	reason := ""
	switch b := &t.Body; b.Kind {
	case schemas.TouchpointBodyWeb:
		s.Event, reason = b.Web.Event.String(), b.Web.Reason
	case schemas.TouchpointBodyApp:
		s.Event, reason = b.App.Event.String(), b.App.Reason
	case schemas.TouchpointBodyCall:
		s.Event, reason, s.Queue = b.Call.Event.String(), b.Call.Reason, b.Call.Queue
	case schemas.TouchpointBodyEhr:
		s.Event, reason = b.Ehr.Event.String(), b.Ehr.Reason
	}
	if reason = cmp.Or(reason, ""); reason != "" {
		words := a.coded(reason)
		s.Reason = &words
	}
	return s
}
