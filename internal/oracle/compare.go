package oracle

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Tables answers SQL about what attune has written.
type Tables interface {
	// Rows calls fn with the columns of each row, as text.
	Rows(ctx context.Context, sql string, fn func(columns []string)) error
}

// place is where attune says figures of each contact: the first column is the contact id, the others are
// added up, under the names of figures.
type place struct {
	name, sql string
	figures   []string
}

func places() []place {
	return []place{
		{"contact_facts", "SELECT contact_id, 1, concluded, last_resort, failed_steps, repeat, concluded AND queued, concluded AND abandoned, concluded AND answered," +
			" if(concluded AND queued, wait_ms, 0) FROM attune.current_contact_facts WHERE channel = 'call'",
			[]string{"contacts", "concluded", "last resorts", "failed steps before contacts", "repeats", "queued", "abandoned", "answered", "wait of those queued, ms"}},
		{"contacts", "SELECT contact_id, 1, disposed, last_resort FROM attune.contacts", []string{"contacts", "concluded", "last resorts"}},
		{"last_resort_contacts", "SELECT contact_id, 1, failed_steps, length(`steps.at`) FROM attune.last_resort_contacts",
			[]string{"last resorts", "failed steps before contacts", "failed steps before contacts"}},
		{"contact_resolution", "SELECT contact_id, repeat, judged, resolved FROM attune.contact_resolution",
			[]string{"repeats", "judged for first-contact resolution", "resolved at first contact"}},
	}
}

// figures are the contact's own share in each figure.
func (c *Contact) figures() map[string]int64 {
	is := func(b bool, n int64) int64 {
		if b {
			return n
		}
		return 0
	}
	return map[string]int64{
		"contacts": 1, "concluded": is(c.Concluded, 1), "last resorts": is(c.FailedSteps > 0, 1), "failed steps before contacts": c.FailedSteps,
		"repeats": is(c.Repeat, 1), "judged for first-contact resolution": is(c.Judged, 1), "resolved at first contact": is(c.Resolved, 1),
		"queued": is(c.Queued, 1), "abandoned": is(c.Abandoned, 1), "answered": is(c.Answered, 1), "wait of those queued, ms": is(c.Queued, c.WaitMs),
	}
}

// Difference is one figure of which attune says something else than the oracle.
type Difference struct {
	Of    string // figure, contact or window
	Words string // both numbers, and where attune says its own
}

// maxNamed is how many contacts and windows that differ are named.
const maxNamed = 5

// Compare names every figure of which attune says something else than the oracle, with both numbers, and
// then some of the contacts and windows to look at. Contacts of crowded persons are left out.
func (a *Answer) Compare(ctx context.Context, tables Tables) (differences []Difference, err error) {
	want, crowded := map[string]int64{}, map[string]bool{}
	for i := range a.Contacts {
		if c := &a.Contacts[i]; c.Crowded {
			crowded[c.ContactID] = true
		}
	}
	for i := range a.Contacts {
		// Of an id that was used again all are left out.
		if c := &a.Contacts[i]; !crowded[c.ContactID] {
			for name, n := range c.figures() {
				want[name] += n
			}
		}
	}
	for _, p := range places() {
		got := make([]int64, len(p.figures))
		if err := tables.Rows(ctx, p.sql, func(columns []string) {
			for i := range got {
				if !crowded[columns[0]] {
					got[i] += whole(columns[i+1])
				}
			}
		}); err != nil {
			return nil, fmt.Errorf("%s: %w", p.name, err)
		}
		for i, name := range p.figures {
			if got[i] != want[name] {
				differences = append(differences, Difference{name, fmt.Sprintf("%d by the oracle, %d in %s", want[name], got[i], p.name)})
			}
		}
	}
	contacts, err := a.compareContacts(ctx, tables)
	if err != nil {
		return nil, err
	}
	copies, err := compareCopies(ctx, tables)
	if err != nil {
		return nil, err
	}
	cells, err := a.compareCells(ctx, tables)
	return slices.Concat(differences, contacts, copies, cells), err
}

// whole reads a number, or a truth as 1.
func whole(column string) int64 {
	if column == "true" {
		return 1
	}
	n, _ := strconv.ParseInt(column, 10, 64)
	return n
}

// compareContacts goes contact by contact: two errors may cancel out in a sum.
func (a *Answer) compareContacts(ctx context.Context, tables Tables) (differences []Difference, err error) {
	left := map[string][]*Contact{}
	for i := range a.Contacts {
		c := &a.Contacts[i]
		left[c.ContactID] = append(left[c.ContactID], c)
	}
	differ := func(id, oracle, attune string) {
		if len(differences) < maxNamed {
			differences = append(differences, Difference{"contact " + id, fmt.Sprintf("%s by the oracle, %s in contact_facts", oracle, attune)})
		}
	}
	err = tables.Rows(ctx, "SELECT contact_id, toUnixTimestamp64Milli(started_at), concluded, reason, failed_steps, repeat,"+
		" toUnixTimestamp64Milli(digital_at), arrayStringConcat(`steps.event_id`, ' '), self_contained FROM attune.current_contact_facts WHERE channel = 'call' ORDER BY contact_id",
		func(c []string) {
			got := fmt.Sprintf("start %s, concluded %s, reason %q, failed steps %s, repeat %s", c[1], c[2], c[3], c[4], c[5])
			// What a build before wrote says no more.
			whole := c[8] == "true"
			if whole {
				got += fmt.Sprintf(", last digital step %s, failed [%s]", c[6], c[7])
			}
			same := left[c[0]]
			if len(same) == 0 {
				differ(strings.Clone(c[0]), "no contact", got)
				return
			}
			// An id may be used again: any contact of it that is the same.
			n := max(slices.IndexFunc(same, func(want *Contact) bool { return want.words(whole) == got }), 0)
			if want := same[n]; want.words(whole) != got && !want.Crowded {
				differ(strings.Clone(c[0]), want.words(whole), got)
			}
			left[c[0]] = slices.Delete(same, n, n+1)
		})
	for i := range a.Contacts {
		if c := &a.Contacts[i]; slices.Contains(left[c.ContactID], c) && !c.Crowded {
			differ(c.ContactID, c.words(true), "nothing")
		}
	}
	return differences, err
}

// words say the contact: whole with what only self-contained facts have.
func (c *Contact) words(whole bool) string {
	text := fmt.Sprintf("start %d, concluded %v, reason %q, failed steps %d, repeat %v", c.Start, c.Concluded, c.Reason, c.FailedSteps, c.Repeat)
	if whole {
		text += fmt.Sprintf(", last digital step %d, failed [%s]", c.DigitalAt, c.Steps)
	}
	return text
}

// copied finds what facts repeat of touchpoints and touchpoints do not say: each failed step, and language and caller
// of contacts whose id is that of no other.
const (
	copiedSteps = `SELECT s.contact_id FROM
	(
		SELECT contact_id, step.1 AS event_id, (step.2, toString(step.3), step.4, step.5, step.6) AS said FROM attune.current_contact_facts
		ARRAY JOIN arrayZip(steps.event_id, steps.at, steps.channel, steps.kind, steps.page, steps.reason) AS step
	) AS s
	LEFT JOIN
	(
		SELECT event_id, (occurred_at, toString(channel), transform(toString(event), ['search', 'form_abandon', 'chatbot_handoff_refused'], ['search_empty', 'form_abandoned', 'handoff_refused'], toString(event)),
			toString(page), toString(reason)) AS said
		FROM attune.current_touchpoints WHERE channel IN ('web', 'app')
	) AS t ON t.event_id = s.event_id
	WHERE s.said != t.said ORDER BY s.contact_id LIMIT 5`
	copiedWords = `SELECT f.contact_id FROM
	(
		SELECT contact_id, any((toString(language), relation)) AS said FROM attune.current_contact_facts WHERE channel = 'call' AND contact_id != ''
		GROUP BY contact_id HAVING count() = 1 AND min(self_contained)
	) AS f
	INNER JOIN
	(
		SELECT contact_id, (argMaxIf(toString(language), (occurred_at, language), language != ''), argMaxIf(relation, (occurred_at, relation), relation != '')) AS said
		FROM attune.current_touchpoints WHERE channel = 'call' GROUP BY contact_id
	) AS t ON t.contact_id = f.contact_id
	WHERE f.said != t.said ORDER BY f.contact_id LIMIT 5`
)

// compareCopies holds what facts repeat of touchpoints against those.
func compareCopies(ctx context.Context, tables Tables) (differences []Difference, err error) {
	for _, of := range []struct{ what, sql string }{{"failed steps", copiedSteps}, {"language or caller", copiedWords}} {
		if err := tables.Rows(ctx, of.sql, func(c []string) {
			differences = append(differences, Difference{"contact " + strings.Clone(c[0]), "its fact says of " + of.what + " what touchpoints do not"})
		}); err != nil {
			return nil, fmt.Errorf("%s of contact_facts: %w", of.what, err)
		}
	}
	return differences, nil
}

// window is what a cell says, over all partitions.
type window struct{ contacts, lastResort, repeats, crowded int64 }

// agrees says whether got is what the oracle says, or may be: contacts of crowded persons are known by their
// number only.
func (w window) agrees(got window) bool {
	return got.contacts == w.contacts && got.lastResort >= w.lastResort && got.lastResort <= w.lastResort+w.crowded &&
		got.repeats >= w.repeats && got.repeats <= w.repeats+w.crowded
}

func (w *window) add(o window) {
	w.contacts, w.lastResort, w.repeats, w.crowded = w.contacts+o.contacts, w.lastResort+o.lastResort, w.repeats+o.repeats, w.crowded+o.crowded
}

// compareCells goes window by window.
func (a *Answer) compareCells(ctx context.Context, tables Tables) (differences []Difference, err error) {
	left := map[string]window{}
	var want, got window
	for i := range a.Cells {
		c := &a.Cells[i]
		w := window{c.Contacts, c.LastResort, c.Repeats, c.Crowded}
		left[fmt.Sprintf("%d %s/%d", c.Window, c.Reason, c.Priority)] = w
		want.add(w)
	}
	var named []Difference
	err = tables.Rows(ctx, `SELECT toUnixTimestamp64Milli(window_start) AS w, reason, priority, sum(contacts), sum(last_resort), sum(repeats)
		FROM attune.current_aggregates WHERE aggregate = 'contacts' AND channel = 'call' GROUP BY w, reason, priority HAVING sum(contacts) != 0 ORDER BY w, reason, priority`, func(c []string) {
		key, w := c[0]+" "+c[1]+"/"+c[2], window{contacts: whole(c[3]), lastResort: whole(c[4]), repeats: whole(c[5])}
		got.add(w)
		if said := left[key]; !said.agrees(w) && len(named) < maxNamed {
			named = append(named, Difference{"window " + key, fmt.Sprintf("%v by the oracle, %v in contact-aggregates", said, w)})
		}
		delete(left, key)
	})
	for _, f := range []struct {
		name             string
		want, got, extra int64
	}{
		{"concluded in time", want.contacts, got.contacts, 0}, {"last resorts concluded in time", want.lastResort, got.lastResort, want.crowded},
		{"repeats concluded in time", want.repeats, got.repeats, want.crowded},
	} {
		if f.got < f.want || f.got > f.want+f.extra {
			differences = append(differences, Difference{f.name, fmt.Sprintf("%d by the oracle, %d in contacts_by_reason", f.want, f.got)})
		}
	}
	if len(left) > 0 {
		named = append(named, Difference{"windows", fmt.Sprintf("%d of contacts by the oracle are not in contact-aggregates", len(left))})
	}
	return append(differences, named...), err
}

// String says what a window counts.
func (w window) String() string {
	return fmt.Sprintf("%d contacts, %d last resorts, %d repeats", w.contacts, w.lastResort, w.repeats)
}
