package verify

import (
	"context"
	"fmt"
	"slices"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// factID is what revisions of one fact share.
type factID struct{ id, key string }

func (i factID) String() string { return contactName(i.key, i.id) }

// known is what contact-facts says of a contact in the end. Two persons may each have a part of it and
// count revisions on their own: where they are at the same one either row may be there.
type known struct {
	version uint64
	rows    []uint64 // digests of what ClickHouse may say
	last    schemas.ContactFact
}

// contactFacts demands that nothing is said twice, and that a contact whose disposition was accepted
// is known by it in the end, once.
func (c *checker) contactFacts(ctx context.Context) error {
	c.facts = map[factID]*known{}
	seen := map[string]bool{}
	var f schemas.ContactFact
	err := c.Log.Each(ctx, "contact-facts", func(r *pipeline.Record) error {
		if err := decode(r, &f); err != nil {
			c.differ("contact-facts", place(r), "cannot be decoded")
			return nil
		}
		if string(r.Key) != f.PersonRef.Reveal() {
			c.differ("contact-facts", contactName(f.ContactKey, f.ContactID), "at %s has the key of another person", place(r))
		}
		id := fmt.Sprintf("%s %s %d", f.ContactID, f.ContactKey, factRow(&f))
		if seen[id] {
			c.twice("contact-facts", contactName(f.ContactKey, f.ContactID), "revision %d is there twice, the second time at %s", f.Revision, place(r))
		}
		seen[id] = true
		c.learn(&f)
		return nil
	})
	if err != nil {
		return err
	}
	for id, k := range c.facts {
		if !k.last.Withdrawn {
			c.compareFact(id, &k.last)
		}
	}
	for _, k := range c.contacts {
		if k.disposition != nil && k.said == 0 {
			c.lost("contact-facts", k.name(), "its disposition is not known")
		}
	}
	return nil
}

func (c *checker) learn(f *schemas.ContactFact) {
	id := factID{f.ContactID, f.ContactKey}
	k := c.facts[id]
	if k == nil {
		k = &known{}
		c.facts[factID{clone(id.id), clone(id.key)}] = k
	}
	version := uint64(uint32(f.Revision))
	if f.Concluded {
		version |= 1 << 32
	}
	switch {
	case version > k.version:
		k.version, k.rows, k.last = version, append(k.rows[:0], factRow(f)), f.Clone()
	case version == k.version:
		k.rows = append(k.rows, factRow(f))
	}
}

// compareFact compares a fact with the disposition that is in force.
func (c *checker) compareFact(id factID, f *schemas.ContactFact) {
	k := c.contactBy(id.key, id.id)
	switch {
	case k == nil:
		c.differ("contact-facts", id.String(), "is of no touchpoint")
		return
	case !f.Concluded:
		return
	case k.disposition == nil:
		c.differ("contact-facts", id.String(), "is concluded and has no disposition")
		return
	}
	if k.said++; k.said > 1 && !k.moved {
		c.twice("contact-facts", id.String(), "is there under two keys")
	}
	v := k.disposition
	if moment(f.ConcludedAt) != number(v.occurredAt) || f.Reason != v.call.Reason || f.Priority != v.call.Priority || f.Queued != v.call.Queued ||
		f.Abandoned != (v.call.Queued && v.call.Abandoned) || f.Answered != v.call.Answered || f.WaitMs != v.call.WaitMs || f.TalkMs != v.call.TalkMs {
		c.differ("contact-facts", id.String(), "is not what its disposition says")
	}
}

var factColumns = `contact_id, contact_key, person_ref, channel, toUnixTimestamp64Milli(started_at), toUnixTimestamp64Milli(ended_at), toUnixTimestamp64Milli(concluded_at),
	toUInt8(concluded), reason, priority, queue, toUInt8(queued), toUInt8(abandoned), toUInt8(answered), wait_ms, talk_ms, toUInt8(last_resort), failed_steps,
	last_failed_event, toUnixTimestamp64Milli(last_failed_at), last_failed_channel, last_failed_kind, last_failed_reason,
	toUInt8(repeat), toUnixTimestamp64Milli(previous_at), revision, toUInt8(final), toUInt8(withdrawn), toUInt8(self_contained), toUnixTimestamp64Milli(digital_at), language, relation, ` +
	sqlList(times("steps.at"), texts("steps.channel"), texts("steps.kind"), texts("steps.page"), texts("steps.reason"), texts("steps.event_id"))

// factRow is what ClickHouse must say of a contact.
func factRow(f *schemas.ContactFact) uint64 {
	return row(f.ContactID, f.ContactKey, f.PersonRef.Reveal(), f.Channel.String(), moment(f.StartedAt), moment(f.EndedAt), moment(f.ConcludedAt),
		boolean(f.Concluded), f.Reason, number(f.Priority), f.Queue, boolean(f.Queued), boolean(f.Abandoned), boolean(f.Answered),
		number(f.WaitMs), number(f.TalkMs), boolean(f.LastResort), number(f.FailedSteps),
		f.LastFailedEvent, moment(f.LastFailedAt), f.LastFailedChannel.String(), f.LastFailedKind.String(), f.LastFailedReason,
		boolean(f.Repeat), moment(f.PreviousAt), number(f.Revision), boolean(f.Final), boolean(f.Withdrawn),
		boolean(f.SelfContained), moment(f.DigitalAt), f.Language, f.Relation,
		each(f.Steps, func(s *schemas.StepBefore) string { return moment(s.At) }), each(f.Steps, func(s *schemas.StepBefore) string { return s.Channel.String() }),
		each(f.Steps, func(s *schemas.StepBefore) string { return s.Kind.String() }), each(f.Steps, func(s *schemas.StepBefore) string { return s.Page.Reveal() }),
		each(f.Steps, func(s *schemas.StepBefore) string { return s.Reason }), each(f.Steps, func(s *schemas.StepBefore) string { return s.EventID }))
}

// factRows compares table contact_facts with the topic.
func (c *checker) factRows(ctx context.Context, where string) error {
	seen := map[factID]bool{}
	err := c.Tables.Rows(ctx, "SELECT "+factColumns+" FROM attune.contact_facts FINAL"+where, func(got []string) {
		id := factID{clone(got[0]), clone(got[1])}
		k := c.facts[id]
		switch {
		case seen[id]:
			c.twice("clickhouse.contact_facts", id.String(), "is there twice")
		case k == nil:
			c.differ("clickhouse.contact_facts", id.String(), "should not be there")
		case !slices.Contains(k.rows, row(got...)):
			c.differ("clickhouse.contact_facts", id.String(), "differs from revision %d", k.last.Revision)
		}
		seen[id] = true
	})
	for id := range c.facts {
		if !seen[id] {
			c.lost("clickhouse.contact_facts", id.String(), "is missing")
		}
	}
	c.report.Rows["contact_facts"] = len(seen)
	if err != nil || c.Resent {
		return err
	}
	return c.copies(ctx, "contact_facts")
}
