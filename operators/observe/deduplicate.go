package observe

import (
	"github.com/attune-health/attune/operators/emit"
	"github.com/attune-health/attune/operators/exact"
	"github.com/attune-health/attune/operators/person"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// Deduplicate ends the journey of a touchpoint whose event id its shard has already accepted. Ids are kept,
// as hashes, until the settled watermarks of all channels in use have passed their event time by the TTL:
// in a backlog a copy that waits for its shard meets the watermark of days later. A copy that comes later than
// that is taken for new. Two ids of one hash are one in 2^64: the second would be
// rejected, which is seen in the rejected topic.
type Deduplicate struct {
	// Ttl is how long an id is remembered, in milliseconds of event time.
	Ttl schemas.Millis
	// Most is how many ids are remembered of a shard.
	Most int
	// Rejects gets the copies.
	Rejects *emit.Rejecter
	// Timers forget the ids of a shard that has fallen silent.
	Timers *person.ShardTimers
}

// Process rejects a touchpoint that the shard has accepted before. The same id at another event time is
// rejected with another reason: it is not a copy, but two things under one name, and the site has to know.
func (d *Deduplicate) Process(ctx *pipeline.Context, j *person.Journey) error {
	if j.Touchpoint == nil {
		return nil
	}
	hash := int64(exact.Hash64(j.TriggerID))
	at := j.Touchpoint.OccurredAt
	now := settled(ctx)
	seen := j.Shard.Seen
	// The usual case: it was never seen, and nothing is walked through.
	if !j.Own().MaySee(hash) {
		seen = nil
	}
	for i := range seen {
		if seen[i].Hash != hash || isForgotten(seen[i].OccurredAt, now, d.Ttl) {
			continue
		}
		// Detail names the field and not its value.
		p := emit.Problem{Reason: emit.ReasonDuplicate, Detail: "event_id"}
		if seen[i].OccurredAt != at {
			p = emit.Problem{Reason: emit.ReasonEventIDConflict, Detail: "occurred_at"}
		}
		d.Rejects.Identified(ctx, j.Identified, p, -1, nil)
		j.Stop = true
		return nil
	}
	// It is new: it is remembered with its shard, and goes where the shard goes.
	d.makeRoom(j.Shard, now)
	j.Shard.Seen = append(j.Shard.Seen, schemas.SeenEvent{Hash: hash, OccurredAt: at})
	j.Own().See(hash)
	d.Timers.Set(ctx, person.TimerForget, j.Own(), at+d.Ttl+1)
	return nil
}

// makeRoom drops ids whose time is over, and the oldest quarter where the shard has as many as it may.
// When it does so depends on the stored list and the watermark only: a restored task has the same list
// and another capacity, and must forget the same ids. Ids come about in order of event time, so an id a
// quarter of the way that is over means that about a quarter can go: a walk over n ids drops about n/4,
// and at least n/4 where the list is full.
func (d *Deduplicate) makeRoom(st *schemas.ShardState, now schemas.Millis) {
	n := len(st.Seen)
	full := n >= d.Most
	if full || n > 0 && isForgotten(st.Seen[n/4].OccurredAt, now, d.Ttl) {
		ForgetSeen(st, now, d.Ttl)
	}
	// Still too many: the oldest quarter goes, in the order of arrival. A shard that sends so many within a
	// TTL is not a patient's.
	if left := len(st.Seen); full && left > n*3/4 {
		st.Seen = append(st.Seen[:0], st.Seen[left-n*3/4:]...)
	}
}

// settled is the settled watermark over the channels that have spoken: a site may not have all. One that has
// never sent anything would hold the ids of all others for ever.
func settled(ctx *pipeline.Context) schemas.Millis {
	low := pipeline.MaxTime
	for _, c := range schemas.Channels() {
		bit := person.ChannelBit(c.Channel)
		if spoken, _ := ctx.Watermark(bit); spoken != pipeline.MinTime {
			at, _ := ctx.Watermark(bit | pipeline.Settled)
			low = min(low, at)
		}
	}
	if low == pipeline.MaxTime {
		return schemas.Millis(pipeline.MinTime)
	}
	return schemas.Millis(low)
}

// isForgotten says that an id is past its time. The first condition keeps the difference from wrapping
// while no channel has spoken.
func isForgotten(at, now, ttl schemas.Millis) bool {
	return now > schemas.Millis(pipeline.MinTime)+ttl && at < now-ttl
}

// ForgetSeen drops the ids whose time is over. Order is kept, which makeRoom relies on.
func ForgetSeen(st *schemas.ShardState, now, ttl schemas.Millis) {
	kept := st.Seen[:0]
	for _, s := range st.Seen {
		if !isForgotten(s.OccurredAt, now, ttl) {
			kept = append(kept, s)
		}
	}
	st.Seen = kept
}
