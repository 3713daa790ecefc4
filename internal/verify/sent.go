package verify

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// Sent is one record as a source in another process noted it. It has no value, only a hash.
type Sent struct {
	Topic string
	// Touchpoint, link, consent or raw.
	Kind string
	// First 16 hex digits of the value's SHA-256.
	SHA string
	// The reason for which the pipeline must reject it, or empty.
	Refuse string
}

// LedgerOf makes the ledger of what a source has noted: which values there are, how often, and what
// must become of them. The values themselves are in the source topics. The report names records
// that the topics lack or have too often; the ledger is of those that are there.
func LedgerOf(ctx context.Context, log Log, sent []Sent) (*Ledger, *Report, error) {
	type value struct{ topic, sha string }
	left := map[value][]Sent{}
	var topics []string
	for _, s := range sent {
		v := value{s.Topic, s.SHA}
		left[v] = append(left[v], s)
		if !slices.Contains(topics, s.Topic) {
			topics = append(topics, s.Topic)
		}
	}
	ledger, c := &Ledger{}, checker{Run: &Run{}}
	var touchpoint schemas.Touchpoint
	for _, topic := range topics {
		err := log.Each(ctx, topic, func(r *pipeline.Record) error {
			sum := sha256.Sum256(r.Value)
			v := value{topic, hex.EncodeToString(sum[:8])}
			if len(left[v]) == 0 {
				c.twice(topic, place(r), "was not sent, or not as often")
				return nil
			}
			s := left[v][0]
			if left[v] = left[v][1:]; len(left[v]) == 0 {
				delete(left, v)
			}
			switch s.Kind {
			case "link":
				ledger.Link()
			case "consent":
				ledger.Consent()
			case "touchpoint":
				if err := decode(r, &touchpoint); err != nil {
					return err
				}
				ledger.Touchpoint(topic, &touchpoint, s.Refuse)
			default:
				ledger.Unreadable(topic)
			}
			return nil
		})
		if err != nil {
			return nil, nil, fmt.Errorf("read what was sent: %w", err)
		}
	}
	for v, missing := range left {
		c.lost(v.topic, "value "+v.sha, "was sent %d times more than it is there", len(missing))
	}
	slices.Sort(c.report.Differences)
	return ledger, &c.report, nil
}
