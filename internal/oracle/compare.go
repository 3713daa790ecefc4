package oracle

import (
	"context"
	"fmt"
	"strconv"
)

// Tables answers SQL about what attune has written.
type Tables interface {
	// Rows calls fn with the columns of each row, as text.
	Rows(ctx context.Context, sql string, fn func(columns []string)) error
}

// figure is a number that stands in several places.
type figure struct {
	name   string
	oracle func(*Answer) int64
	places []place
}

// place is where attune says a figure, and how to read it there.
type place struct{ name, sql string }

const (
	facts      = "contact_facts"
	factsFrom  = " FROM attune.current_contact_facts WHERE channel = 'call'"
	cells      = "contacts_by_reason"
	cellsFrom  = " FROM attune.contacts_by_reason WHERE channel = 'call'"
	view       = "last_resort_contacts"
	viewFrom   = " FROM attune.last_resort_contacts"
	solved     = "contact_resolution"
	solvedFrom = " FROM attune.contact_resolution"
)

// figures lists what is compared. The aggregate lacks contacts whose disposition came too late for it, so there
// the oracle's cells are what counts.
func figures() []figure {
	total := func(of func(*Totals) int64) func(*Answer) int64 {
		return func(a *Answer) int64 { return of(&a.Totals) }
	}
	windowed := func(of func(*Cell) int64) func(*Answer) int64 {
		return func(a *Answer) (sum int64) {
			for i := range a.Cells {
				sum += of(&a.Cells[i])
			}
			return sum
		}
	}
	return []figure{
		{"contacts", total(func(t *Totals) int64 { return t.Contacts }), []place{{facts, "count()" + factsFrom}, {"contacts", "count() FROM attune.contacts"}}},
		{"concluded contacts", total(func(t *Totals) int64 { return t.Concluded }), []place{{facts, "countIf(concluded)" + factsFrom}}},
		{"concluded contacts in time", windowed(func(c *Cell) int64 { return c.Contacts }), []place{{cells, "sum(contacts)" + cellsFrom}}},
		{"last resorts", total(func(t *Totals) int64 { return t.LastResort }), []place{{facts, "countIf(last_resort)" + factsFrom}, {view, "count()" + viewFrom}}},
		{"last resorts concluded in time", windowed(func(c *Cell) int64 { return c.LastResort }), []place{{cells, "sum(last_resort)" + cellsFrom}}},
		{"failed steps before contacts", total(func(t *Totals) int64 { return t.FailedSteps }), []place{
			{facts, "sum(failed_steps)" + factsFrom}, {view, "sum(failed_steps)" + viewFrom}, {view + ".steps", "sum(length(`steps.at`))" + viewFrom}}},
		{"repeats", total(func(t *Totals) int64 { return t.Repeat }), []place{{facts, "countIf(repeat)" + factsFrom}, {solved, "countIf(repeat)" + solvedFrom}}},
		{"contacts judged for first-contact resolution", total(func(t *Totals) int64 { return t.Judged }), []place{{solved, "countIf(judged)" + solvedFrom}}},
		{"contacts resolved at first", total(func(t *Totals) int64 { return t.Resolved }), []place{{solved, "countIf(resolved)" + solvedFrom}}},
		{"abandoned", total(func(t *Totals) int64 { return t.Abandoned }), []place{{facts, "countIf(abandoned AND concluded)" + factsFrom}}},
		{"queued", total(func(t *Totals) int64 { return t.Queued }), []place{{facts, "countIf(queued AND concluded)" + factsFrom}}},
		{"wait of those queued, ms", total(func(t *Totals) int64 { return t.WaitMs }), []place{{facts, "sumIf(wait_ms, queued AND concluded)" + factsFrom}}},
	}
}

// Difference is one figure of which attune says something else than the oracle.
type Difference struct {
	Of    string // figure, contact or window
	Words string // both numbers, and where attune says its own
}

// maxNamed is how many contacts that differ are named.
const maxNamed = 5

// Compare names every figure of which attune says something else than the oracle, with both numbers, and
// then some of the contacts to look at.
func (a *Answer) Compare(ctx context.Context, tables Tables) (differences []Difference, err error) {
	for _, f := range figures() {
		want := f.oracle(a)
		for _, p := range f.places {
			got := int64(0)
			if err := tables.Rows(ctx, "SELECT "+p.sql, func(columns []string) { got, _ = strconv.ParseInt(columns[0], 10, 64) }); err != nil {
				return nil, fmt.Errorf("%s in %s: %w", f.name, p.name, err)
			}
			if got != want {
				differences = append(differences, Difference{f.name, fmt.Sprintf("%d by the oracle, %d in %s", want, got, p.name)})
			}
		}
	}
	contacts, err := a.compareContacts(ctx, tables)
	if err != nil {
		return nil, err
	}
	cells, err := a.compareCells(ctx, tables)
	return append(append(differences, contacts...), cells...), err
}

// compareContacts goes contact by contact: two errors may cancel out in a sum.
func (a *Answer) compareContacts(ctx context.Context, tables Tables) (differences []Difference, err error) {
	want := map[string]string{}
	for i := range a.Contacts {
		c := &a.Contacts[i]
		want[c.ContactID] = fmt.Sprintf("start %d, concluded %v, reason %q, failed steps %d, repeat %v", c.Start, c.Concluded, c.Reason, c.FailedSteps, c.Repeat)
	}
	differ := func(id, oracle, attune string) {
		if len(differences) < maxNamed {
			differences = append(differences, Difference{"contact " + id, fmt.Sprintf("%s by the oracle, %s in %s", oracle, attune, facts)})
		}
	}
	err = tables.Rows(ctx, "SELECT contact_id, toUnixTimestamp64Milli(started_at), concluded, reason, failed_steps, repeat"+factsFrom+" ORDER BY contact_id", func(c []string) {
		got := fmt.Sprintf("start %s, concluded %s, reason %q, failed steps %s, repeat %s", c[1], c[2], c[3], c[4], c[5])
		switch said, ok := want[c[0]]; {
		case !ok:
			differ(c[0], "no contact", got)
		case said != got:
			differ(c[0], said, got)
		}
		delete(want, c[0])
	})
	for i := range a.Contacts {
		if said, ok := want[a.Contacts[i].ContactID]; ok {
			differ(a.Contacts[i].ContactID, said, "nothing")
		}
	}
	return differences, err
}

// compareCells goes cell by cell.
func (a *Answer) compareCells(ctx context.Context, tables Tables) (differences []Difference, err error) {
	type key struct{ window, reason, priority string }
	want := map[key]string{}
	for i := range a.Cells {
		c := &a.Cells[i]
		want[key{strconv.FormatInt(c.Window, 10), c.Reason, strconv.Itoa(int(c.Priority))}] = fmt.Sprintf("%d of %d", c.LastResort, c.Contacts)
	}
	err = tables.Rows(ctx, `SELECT toUnixTimestamp64Milli(window_start) AS w, reason, priority, sum(last_resort), sum(contacts)
		FROM attune.current_aggregates WHERE aggregate = 'contacts' AND channel = 'call' GROUP BY w, reason, priority HAVING sum(contacts) != 0 ORDER BY w, reason, priority`, func(c []string) {
		k, got := key{c[0], c[1], c[2]}, c[3]+" of "+c[4]
		if said := want[k]; said != got && len(differences) < maxNamed {
			differences = append(differences, Difference{"window " + c[0] + " " + c[1] + "/" + c[2], fmt.Sprintf("%s last resorts by the oracle, %s in contact-aggregates", said, got)})
		}
		delete(want, k)
	})
	if len(want) > 0 && len(differences) < maxNamed {
		differences = append(differences, Difference{"windows", fmt.Sprintf("%d of contacts by the oracle are not in contact-aggregates", len(want))})
	}
	return differences, err
}
