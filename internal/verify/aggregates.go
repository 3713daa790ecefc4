package verify

import (
	"context"
	"fmt"
	"slices"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// cell identifies one aggregate row.
type cell struct {
	aggregate string
	start     int64
	channel   schemas.Channel
	reason    string
	priority  int32
	partition int32
}

func (k cell) String() string {
	return fmt.Sprintf("%s window %d %s %q priority %d partition %d", k.aggregate, k.start, k.channel, k.reason, k.priority, k.partition)
}

// sums is what the window must hold.
type sums struct {
	touchpoints, contacts, queued, abandoned, answered, wait, waitAnswered, talk, persons, dropped int64
}

// latest is the newest version of a cell in contact-aggregates.
type latest struct {
	sums
	// Digest of its row in ClickHouse.
	row uint64
}

// total is the final version of a cell, with the people that it counts.
type total struct {
	sums
	// gone is how many of those dropped may not be counted: the window was kept no longer.
	gone   int64
	people map[schemas.PersonRef]bool
}

// expected recomputes every window from the ledger, without what is proved late for it.
func (c *checker) expected() map[cell]*total {
	out := map[cell]*total{}
	c.accepted(func(p *Produced, v *variant, f *fate) {
		for _, w := range c.Windows {
			if !f.identifiedSomewhere {
				continue
			}
			key := cell{aggregate: w.Aggregate, start: floor(v.occurredAt, w.Size), channel: p.Channel, partition: f.partition}
			contact := v.isCall && v.call.Event == schemas.CallEventDisposition
			if w.Aggregate == "contacts" {
				if !contact {
					continue
				}
				key.reason, key.priority = v.call.Reason, v.call.Priority
			}
			t := out[key]
			if t == nil {
				t = &total{people: map[schemas.PersonRef]bool{}}
				out[key] = t
			}
			if slices.Contains(f.lateWindows, w.Aggregate) {
				t.dropped++
				if f.gone {
					t.gone++
				}
				continue
			}
			t.add(&v.call, contact)
			t.people[f.person] = true
			t.persons = int64(len(t.people))
		}
	})
	return out
}

func (t *total) add(call *schemas.Call, contact bool) {
	t.touchpoints++
	if !contact {
		return
	}
	t.contacts++
	if call.Queued {
		t.queued++
		t.wait += call.WaitMs
	}
	if call.Queued && call.Abandoned {
		t.abandoned++
	}
	if call.Answered {
		t.answered++
		t.talk += call.TalkMs
		t.waitAnswered += call.WaitMs
	}
}

// aggregates compares the newest version of each cell in contact-aggregates with the recomputation,
// and demands that versions only rise.
func (c *checker) aggregates(ctx context.Context) error {
	type version struct{ epoch, revision int32 }
	newest := map[cell]version{}
	c.cells = map[cell]latest{}
	var a schemas.Aggregate
	err := c.Log.Each(ctx, "contact-aggregates", func(r *pipeline.Record) error {
		if err := decode(r, &a); err != nil {
			c.differ("contact-aggregates", place(r), "cannot be decoded")
			return nil
		}
		key := cell{clone(a.Aggregate), int64(a.WindowStart), a.Channel, clone(a.Reason), a.Priority, a.Partition}
		v := version{a.Epoch, a.Revision}
		if old, ok := newest[key]; ok && (v.epoch < old.epoch || v.epoch == old.epoch && v.revision <= old.revision) {
			c.differ("contact-aggregates", key.String(), "version %d.%d at %s follows %d.%d", v.epoch, v.revision, place(r), old.epoch, old.revision)
			return nil
		}
		newest[key] = v
		c.cells[key] = latest{sums{a.Touchpoints, a.Contacts, a.Queued, a.Abandoned, a.Answered, a.WaitMs, a.WaitAnsweredMs, a.TalkMs, a.Persons, a.Dropped}, aggregateRow(&a)}
		if size := int64(a.WindowEnd - a.WindowStart); !slices.ContainsFunc(c.Windows, func(w Window) bool { return w.Aggregate == a.Aggregate && w.Size == size }) {
			c.differ("contact-aggregates", key.String(), "at %s ends %d ms after it begins", place(r), size)
		}
		return nil
	})
	if err != nil {
		return err
	}
	want := c.expected()
	for key, t := range want {
		got, ok := c.cells[key]
		t.dropped -= min(t.gone, max(0, t.dropped-got.dropped))
		switch {
		case !ok && t.sums == (sums{}):
		case !ok:
			c.lost("contact-aggregates", key.String(), "is missing, should be %+v", t.sums)
		case got.sums != t.sums:
			c.differ("contact-aggregates", key.String(), "is %+v, should be %+v", got.sums, t.sums)
		}
	}
	for key, got := range c.cells {
		if _, ok := want[key]; !ok && got.sums != (sums{}) {
			c.differ("contact-aggregates", key.String(), "is %+v, should not be there", got.sums)
		}
	}
	return nil
}
