package verify

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// known is what contact-facts says of a contact in the end. Two persons may each have a part of it and
// count revisions on their own: where they are at the same one either row may be there.
type known struct {
	version uint64
	rows    []uint64 // digests of what ClickHouse may say
	last    schemas.ContactFact
}

// contactFacts demands that nothing is said twice, and that a contact whose disposition was accepted
// is known by it in the end.
func (c *checker) contactFacts(ctx context.Context) error {
	c.facts = map[string]*known{}
	seen := map[string]bool{}
	var f schemas.ContactFact
	err := c.Log.Each(ctx, "contact-facts", func(r *pipeline.Record) error {
		if err := decode(r, &f); err != nil {
			c.differ("contact-facts", place(r), "cannot be decoded")
			return nil
		}
		if string(r.Key) != f.PersonRef.Reveal() {
			c.differ("contact-facts", "contact "+f.ContactID, "at %s has the key of another person", place(r))
		}
		id := fmt.Sprintf("%s %d", f.ContactID, factRow(&f))
		if seen[id] {
			c.twice("contact-facts", "contact "+f.ContactID, "revision %d is there twice, the second time at %s", f.Revision, place(r))
		}
		seen[id] = true
		c.learn(&f)
		return nil
	})
	if err != nil {
		return err
	}
	dispositions := c.dispositions()
	for id, v := range dispositions {
		c.compareFact(id, v)
	}
	for id, k := range c.facts {
		if dispositions[id] == nil && k.last.Concluded {
			c.differ("contact-facts", "contact "+id, "is concluded and has no disposition")
		}
	}
	return nil
}

func (c *checker) learn(f *schemas.ContactFact) {
	k := c.facts[f.ContactID]
	if k == nil {
		k = &known{}
		c.facts[clone(f.ContactID)] = k
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

// dispositions are the last accepted ones of contacts, each by the contact's id.
func (c *checker) dispositions() map[string]*variant {
	last, ids := map[string]*variant{}, map[string]string{}
	c.accepted(func(p *Produced, v *variant, f *fate) {
		if !v.isCall || v.call.Event != schemas.CallEventDisposition || v.contactID == "" || !f.identifiedSomewhere {
			return
		}
		if old := last[v.contactID]; old == nil || cmp.Or(cmp.Compare(old.occurredAt, v.occurredAt), strings.Compare(ids[v.contactID], p.EventID)) < 0 {
			last[v.contactID], ids[v.contactID] = v, p.EventID
		}
	})
	return last
}

func (c *checker) compareFact(id string, v *variant) {
	k := c.facts[id]
	if k == nil || !k.last.Concluded {
		c.lost("contact-facts", "contact "+id, "its disposition is not known")
		return
	}
	f := &k.last
	if moment(f.ConcludedAt) != number(v.occurredAt) || f.Reason != v.call.Reason || f.Priority != v.call.Priority || f.Queued != v.call.Queued ||
		f.Abandoned != (v.call.Queued && v.call.Abandoned) || f.Answered != v.call.Answered || f.WaitMs != v.call.WaitMs || f.TalkMs != v.call.TalkMs {
		c.differ("contact-facts", "contact "+id, "is not what its disposition says")
	}
}

const factColumns = `contact_id, person_ref, channel, toUnixTimestamp64Milli(started_at), toUnixTimestamp64Milli(ended_at), toUnixTimestamp64Milli(concluded_at),
	toUInt8(concluded), reason, priority, queue, toUInt8(queued), toUInt8(abandoned), toUInt8(answered), wait_ms, talk_ms, toUInt8(last_resort), failed_steps,
	last_failed_event, toUnixTimestamp64Milli(last_failed_at), last_failed_channel, last_failed_kind, last_failed_reason,
	toUInt8(repeat), toUnixTimestamp64Milli(previous_at), revision, toUInt8(final)`

// factRow is what ClickHouse must say of a contact.
func factRow(f *schemas.ContactFact) uint64 {
	return row(f.ContactID, f.PersonRef.Reveal(), f.Channel.String(), moment(f.StartedAt), moment(f.EndedAt), moment(f.ConcludedAt),
		boolean(f.Concluded), f.Reason, number(f.Priority), f.Queue, boolean(f.Queued), boolean(f.Abandoned), boolean(f.Answered),
		number(f.WaitMs), number(f.TalkMs), boolean(f.LastResort), number(f.FailedSteps),
		f.LastFailedEvent, moment(f.LastFailedAt), f.LastFailedChannel.String(), f.LastFailedKind.String(), f.LastFailedReason,
		boolean(f.Repeat), moment(f.PreviousAt), number(f.Revision), boolean(f.Final))
}

// factRows compares table contact_facts with the topic.
func (c *checker) factRows(ctx context.Context, where string) error {
	seen := map[string]bool{}
	err := c.Tables.Rows(ctx, "SELECT "+factColumns+" FROM attune.contact_facts FINAL"+where, func(got []string) {
		id := got[0]
		k := c.facts[id]
		switch {
		case seen[id]:
			c.twice("clickhouse.contact_facts", id, "is there twice")
		case k == nil:
			c.differ("clickhouse.contact_facts", id, "should not be there")
		case !slices.Contains(k.rows, row(got...)):
			c.differ("clickhouse.contact_facts", id, "differs from revision %d", k.last.Revision)
		}
		seen[clone(id)] = true
	})
	for id := range c.facts {
		if !seen[id] {
			c.lost("clickhouse.contact_facts", id, "is missing")
		}
	}
	c.report.Rows["contact_facts"] = len(seen)
	if err != nil || c.Resent {
		return err
	}
	return c.copies(ctx, "contact_facts")
}
