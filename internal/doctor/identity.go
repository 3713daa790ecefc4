package doctor

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/kafka"
	"github.com/attune-health/attune/schemas"
)

// rejectedLookedAt is how many of the newest rejected records of each partition are looked at: doctor is
// to answer within seconds.
const rejectedLookedAt = 2000

// identity says by which rules identifiers are taken, and what they have come to. It shows counts by rule
// and kind, and no value.
func (d *examination) identity(ctx context.Context) {
	c := d.config.Graph.Identify
	d.good("identifiers: form %s, telephone numbers of %s, %d placeholders of the site's own, at most %d persons of one within %s",
		c.Form, c.PhoneRegion, len(c.PlaceholderIdentifiers), c.Guard.Persons, schemas.DurationText(c.Guard.Within.Sub(0)))
	if c.FormerForm != "" {
		d.good("identifiers: spellings of form %s are linked to form %s; leave identify.former_form out once all links have been said again", c.FormerForm, c.Form)
	}
	if c.LinkAuthenticatedSessions {
		d.good("identifiers: sessions that have logged in link their browser and device")
	}
	d.refused(ctx, d.cluster)
	d.standings(ctx, d.cluster)
}

// refused counts, of the newest rejected records, those whose identifiers named nobody, by rule.
func (d *examination) refused(ctx context.Context, cluster *kafka.Cluster) {
	counts, seen, err := refusedByRule(ctx, cluster, d.config.Own(schemas.TopicTouchpointsRejected))
	if err != nil {
		d.bad(err)
		return
	}
	for _, rule := range slices.Sorted(maps.Keys(counts)) {
		d.warn("of the newest %d rejected records %d had no identifier that names somebody (%s); attune tail %s --reveal shows them", seen, counts[rule], rule, schemas.TopicTouchpointsRejected)
	}
}

func refusedByRule(ctx context.Context, cluster *kafka.Cluster, topic string) (counts map[string]int, seen int, err error) {
	spans, err := newest(ctx, cluster, topic, rejectedLookedAt)
	if err != nil {
		return nil, 0, err
	}
	counts = map[string]int{}
	var v schemas.RejectedRecord
	err = cluster.Scan(ctx, spans, func(r *pipeline.Record) error {
		if _, payload, err := schemas.ParseFrame(r.Value); err != nil || schemas.DecodeWhole(&v, payload) != nil {
			return nil // another build's; what cannot be read is counted by the sink
		}
		seen++
		if v.Reason == "absurd_identifier" {
			_, rule, _ := strings.Cut(v.Detail, ": ")
			counts[rule]++
		}
		return nil
	})
	return counts, seen, err
}

// standings counts the identifiers that tell nobody apart.
func (d *examination) standings(ctx context.Context, cluster *kafka.Cluster) {
	topic := d.config.Own(schemas.TopicIdentity)
	spans, err := cluster.Spans(ctx, topic)
	if err != nil {
		d.bad(err)
		return
	}
	standing := map[string]schemas.Standing{} // by shard
	var v schemas.IdentityEntry
	err = cluster.Scan(ctx, spans, func(r *pipeline.Record) error {
		_, payload, err := schemas.ParseFrame(r.Value)
		switch {
		case err != nil || schemas.DecodeWhole(&v, payload) != nil, v.Standing == schemas.StandingOnePerson:
			delete(standing, string(r.Key))
		default:
			standing[string(r.Key)] = v.Standing
		}
		return nil
	})
	if err != nil {
		d.bad(err)
		return
	}
	n := map[schemas.Standing]int{}
	for _, s := range standing {
		n[s]++
	}
	d.good("identifiers: %d are shared by several persons, whose callers are asked who they are", n[schemas.StandingShared])
	if q := n[schemas.StandingQuarantined]; q > 0 {
		d.warn("%d identifiers are quarantined: too many persons were linked to each; see docs/identity.md for how to look at one and release it", q)
	}
}

// newest are the last n offsets of each partition.
func newest(ctx context.Context, cluster *kafka.Cluster, topic string, n int64) (map[pipeline.TopicPartition]kafka.Span, error) {
	spans, err := cluster.Spans(ctx, topic)
	for tp, span := range spans {
		span.From = max(span.From, span.To-n)
		spans[tp] = span
	}
	return spans, err
}
