package clickhouse

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// handledCall is a call as an agent's supervisor would note it down.
type handledCall struct {
	id, key, queue, reason     string
	began, ended, digital      time.Time
	answered, concluded, shown bool
	talk                       float64
	events                     []handledEvent
}

type handledEvent struct {
	event string
	at    time.Time
	// refused: a later role did not take it.
	refused bool
}

// TestHandlingEqualsNaiveRecomputation: ids are used again on another day, and of each contact its own transfers count.
func TestHandlingEqualsNaiveRecomputation(t *testing.T) {
	r := newRig(t, sharedServer(t).NativeAddr())
	r.cfg.TimeZone = "America/St_Johns"
	c := r.client()
	if err := c.Apply(r.ctx); err != nil {
		t.Fatal(err)
	}
	if err := c.SetCurrent(r.ctx, r.cfg.LogID); err != nil {
		t.Fatal(err)
	}
	zone, err := time.LoadLocation(r.cfg.TimeZone)
	if err != nil {
		t.Fatal(err)
	}
	calls := handledCalls(rand.New(rand.NewPCG(7, 1)))
	for table, rows := range handledRows(r.cfg.LogID, calls) {
		if err := c.Exec(r.ctx, "INSERT INTO {db}."+table+" VALUES "+strings.Join(rows, ", ")); err != nil {
			t.Fatal(err)
		}
	}
	const figures = "contacts, handled, transferred, callbacks, callbacks_kept, seamless, seamless_talk_seconds, started_over, started_over_talk_seconds"
	one := func(b bool) float64 {
		if b {
			return 1
		}
		return 0
	}
	want := cells{}
	for _, k := range calls {
		if !k.concluded {
			continue
		}
		had := map[string]bool{}
		for _, e := range k.events {
			if !e.refused && !e.at.Before(k.began) && !e.at.After(k.ended) {
				had[e.event] = true
			}
		}
		online := k.answered && k.reason != "" && !k.digital.IsZero() && k.began.Sub(k.digital) <= 24*time.Hour
		want.add(k.began.In(zone).Format(time.DateOnly)+"/"+k.queue+"/"+k.reason, 1, one(k.answered), one(k.answered && had["transferred"]), one(had["callback_requested"]), one(k.answered && had["callback_requested"]),
			one(online && k.shown), k.talk*one(online && k.shown), one(online && !k.shown), k.talk*one(online && !k.shown))
	}
	wanted(t, cellsOf(t, c, "call_handling", "day, queue, reason", figures), want, figures)
}

func handledCalls(r *rand.Rand) (out []*handledCall) {
	begins := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for n := range 600 {
		k := &handledCall{id: fmt.Sprintf("id-%d", n%400), key: fmt.Sprintf("key-%d", n), queue: []string{"general", "pharmacy"}[r.IntN(2)], reason: []string{"R01", "R02", ""}[r.IntN(3)],
			began:    begins.Add(time.Duration(n/400*5*24)*time.Hour + time.Duration(r.IntN(3*86400))*time.Second),
			answered: r.IntN(4) > 0, concluded: r.IntN(10) > 0, shown: r.IntN(2) == 0}
		k.ended = k.began.Add(10 * time.Minute)
		if k.answered {
			k.talk = float64(60 + r.IntN(600))
		}
		if r.IntN(2) == 0 {
			k.digital = k.began.Add(-time.Duration(r.IntN(30)) * time.Hour)
		}
		for _, event := range []string{"transferred", "callback_requested"} {
			if r.IntN(3) == 0 {
				k.events = append(k.events, handledEvent{event, k.began.Add(time.Duration(r.IntN(600)) * time.Second), r.IntN(8) == 0})
			}
		}
		out = append(out, k)
	}
	return out
}

// handledRows are the rows of these calls, by the table with its columns.
func handledRows(log string, calls []*handledCall) map[string][]string {
	moment := func(at time.Time) string {
		if at.IsZero() {
			at = time.Unix(0, 0)
		}
		return "'" + at.UTC().Format("2006-01-02 15:04:05.000") + "'"
	}
	const (
		facts = "contact_facts (log, contact_id, contact_key, person_ref, channel, started_at, ended_at, concluded_at, concluded, reason, queue, queued, answered, talk_ms, revision, final, self_contained, digital_at, record_offset, version)"
		steps = "touchpoints (log, event_id, occurred_at, received_at, ingested_at, channel, contact_id, event, person_ref, shard, epoch, refused, record_offset, version)"
		acts  = "actions (log, decision_id, person_ref, contact_ref, contact_key, as_of, delivered, record_offset, version)"
		said  = "outcomes (event_id, decision_id, occurred_at, outcome, record_offset, version)"
	)
	rows, n := map[string][]string{}, 0
	add := func(table, format string, values ...any) {
		rows[table] = append(rows[table], fmt.Sprintf("("+format+")", values...))
		n++
	}
	for _, k := range calls {
		add(facts, "'%s', '%s', '%s', 'p', 'call', %s, %s, %s, %t, '%s', '%s', true, %t, %d, 1, true, true, %s, %d, 4294967297",
			log, k.id, k.key, moment(k.began), moment(k.ended), moment(k.ended), k.concluded, k.reason, k.queue, k.answered, int(k.talk*1000), moment(k.digital), n)
		for i, e := range k.events {
			refused := 0
			if e.refused {
				refused = 1
			}
			add(steps, "'%s', '%s-%d', %[4]s, %[4]s, %[4]s, 'call', '%[5]s', '%[6]s', 'p', 'p', 1, %[7]d, %[8]d, %[8]d", log, k.key, i, moment(e.at), k.id, e.event, refused, n)
		}
		if k.shown {
			add(acts, "'%s', 'd-%[2]s', 'p', '%[3]s', '%[2]s', %[4]s, true, %[5]d, %[5]d", log, k.key, k.id, moment(k.began), n)
			add(said, "'o-%[1]s', 'd-%[1]s', %[2]s, 'shown', %[3]d, %[3]d", k.key, moment(k.began), n)
		}
	}
	return rows
}
