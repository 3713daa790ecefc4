package operators

import (
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// deduplicate ends the journey of a touchpoint whose event id its shard has already accepted. Ids are
// kept, as hashes, until the watermarks of all channels in use have passed their event time by the TTL.
type deduplicate struct {
	ttl     schemas.Millis
	most    int // ids that are remembered of a shard
	rejects *rejecter
	timers  *shardTimers
}

func (d *deduplicate) Process(ctx *pipeline.Context, j *Journey) error {
	if j.Touchpoint == nil {
		return nil
	}
	hash := int64(hash64(j.TriggerID))
	at := j.Touchpoint.OccurredAt
	now := spoken(ctx)
	seen := j.Shard.Seen
	if !j.Own().maySee(hash) {
		seen = nil
	}
	for i := range seen {
		if seen[i].Hash != hash || isForgotten(seen[i].OccurredAt, now, d.ttl) {
			continue
		}
		p := problem{reason: reasonDuplicate, detail: "event_id"}
		if seen[i].OccurredAt != at {
			p = problem{reason: reasonEventIDConflict, detail: "occurred_at"}
		}
		d.rejects.identified(ctx, j.Identified, p, -1, nil)
		j.Stop = true
		return nil
	}
	if len(j.Shard.Seen) == cap(j.Shard.Seen) {
		forgetSeen(j.Shard, now, d.ttl)
	}
	if n := len(j.Shard.Seen); n >= d.most { // a quarter at once, so that it is rarely done
		j.Shard.Seen = append(j.Shard.Seen[:0], j.Shard.Seen[n-n*3/4:]...)
	}
	j.Shard.Seen = append(j.Shard.Seen, schemas.SeenEvent{Hash: hash, OccurredAt: at})
	j.Own().see(hash)
	d.timers.set(ctx, timerForget, j.Own(), at+d.ttl+1)
	return nil
}

// spoken is the watermark over the channels that have spoken: a site may not have all.
func spoken(ctx *pipeline.Context) schemas.Millis {
	low := pipeline.MaxTime
	for c := range channelNames {
		if at, _ := ctx.Watermark(1 << c); at != pipeline.MinTime {
			low = min(low, at)
		}
	}
	if low == pipeline.MaxTime {
		return schemas.Millis(pipeline.MinTime)
	}
	return schemas.Millis(low)
}

func isForgotten(at, now, ttl schemas.Millis) bool {
	return now > schemas.Millis(pipeline.MinTime)+ttl && at < now-ttl
}

// forgetSeen drops the ids whose time is over. Order is kept.
func forgetSeen(st *schemas.ShardState, now, ttl schemas.Millis) {
	kept := st.Seen[:0]
	for _, s := range st.Seen {
		if !isForgotten(s.OccurredAt, now, ttl) {
			kept = append(kept, s)
		}
	}
	st.Seen = kept
}
