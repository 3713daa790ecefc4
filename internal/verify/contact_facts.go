package verify

import (
	"context"
	"slices"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

var contactFactColumns = sqlList("contact_id", "person_ref", "channel", "toUnixTimestamp64Milli(started_at)", "toUnixTimestamp64Milli(ended_at)", "toUnixTimestamp64Milli(concluded_at)",
	"toUInt8(concluded)", "reason", "priority", "queue", "toUInt8(queued)", "toUInt8(abandoned)", "toUInt8(answered)", "wait_ms", "talk_ms", "toUInt8(last_resort)", "failed_steps",
	"last_failed_event", "toUnixTimestamp64Milli(last_failed_at)", "last_failed_channel", "last_failed_kind", "last_failed_reason", "toUInt8(repeat)", "toUnixTimestamp64Milli(previous_at)",
	"revision", "toUInt8(final)")

// contactFactRow is what ClickHouse must say of f.
func contactFactRow(f *schemas.ContactFact) uint64 {
	return row(f.ContactID, f.PersonRef.Reveal(), f.Channel.String(), moment(f.StartedAt), moment(f.EndedAt), moment(f.ConcludedAt),
		boolean(f.Concluded), f.Reason, number(f.Priority), f.Queue, boolean(f.Queued), boolean(f.Abandoned), boolean(f.Answered), number(f.WaitMs), number(f.TalkMs), boolean(f.LastResort),
		number(f.FailedSteps), f.LastFailedEvent, moment(f.LastFailedAt), f.LastFailedChannel.String(), f.LastFailedKind.String(), f.LastFailedReason, boolean(f.Repeat), moment(f.PreviousAt),
		number(f.Revision), boolean(f.Final))
}

// newestFact is what was said last of a contact. Where it is two persons', as long as a link is under way,
// both may have said as much.
type newestFact struct {
	version int64
	rows    []uint64
}

// contactFacts compares contact_facts with the newest revisions in contact-facts. Whether they are right is
// the oracle's business.
func (c *checker) contactFacts(ctx context.Context) error {
	if c.Tables == nil {
		return nil
	}
	want := map[string]newestFact{}
	var f schemas.ContactFact
	err := c.Log.Each(ctx, schemas.TopicContactFacts, func(r *pipeline.Record) error {
		if err := decode(r, &f); err != nil {
			c.differ(schemas.TopicContactFacts, place(r), "cannot be decoded")
			return nil
		}
		version := int64(f.Revision)
		if f.Concluded {
			version += 1 << 32
		}
		have := want[f.ContactID]
		if version > have.version {
			have = newestFact{version: version}
		}
		if version == have.version {
			have.rows = append(have.rows, contactFactRow(&f))
		}
		want[clone(f.ContactID)] = have
		return nil
	})
	if err != nil {
		return err
	}
	return c.factRows(ctx, want)
}

func (c *checker) factRows(ctx context.Context, want map[string]newestFact) error {
	const where = ` WHERE log = (SELECT log FROM attune.current FINAL LIMIT 1)`
	left := make(map[string]bool, len(want))
	for id := range want {
		left[id] = true
	}
	err := c.Tables.Rows(ctx, "SELECT "+contactFactColumns+" FROM attune.contact_facts FINAL"+where, func(got []string) {
		w, ok := want[got[0]]
		switch {
		case !ok:
			c.differ("clickhouse.contact_facts", got[0], "should not be there")
		case !slices.Contains(w.rows, row(got...)):
			c.differ("clickhouse.contact_facts", got[0], "is not the newest revision in %s", schemas.TopicContactFacts)
		}
		delete(left, got[0])
	})
	for id := range left {
		c.lost("clickhouse.contact_facts", id, "is missing")
	}
	c.report.Rows["contact_facts"] = len(want) - len(left)
	if err != nil || c.Resent {
		return err
	}
	return c.copies(ctx, "contact_facts")
}
