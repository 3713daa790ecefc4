package verify

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/attune-health/attune/internal/oracle"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// Log reads topics as a read-committed consumer would that knows nothing of attune.
type Log interface {
	// Each calls fn with every record of a topic, partition by partition, in order.
	Each(ctx context.Context, topic string, fn func(*pipeline.Record) error) error
}

// Tables answers SQL.
type Tables interface {
	// Rows calls fn with the columns of each row, as text.
	Rows(ctx context.Context, sql string, fn func(columns []string)) error
}

// Window is one windowed aggregate of the run.
type Window struct {
	Aggregate string
	// ms.
	Size int64
	// Allowed, ms.
	Lateness int64
}

// Run is one run to verify: what went in, and where the outputs are.
type Run struct {
	Ledger *Ledger
	Log    Log
	// nil leaves ClickHouse out.
	Tables  Tables
	Windows []Window
	// Source topics of touchpoints.
	Sources []string
	// Differences kept in words; 0 means 100.
	MaxReport int
	// The sink had to send rows again: copies that views hide are then no difference.
	Resent bool
	// Other producers fed the sources, too. Their touchpoints may end in fields that are not ours.
	Foreign bool
	// Oracle computes the figures of docs/kpis.md from the source topics; nil leaves them out. It is asked last,
	// and only where nothing else differs.
	Oracle *oracle.Engine
}

// Report is what a verification found. The run is right if and only if Found is 0.
type Report struct {
	Produced, Processed, Duplicate, Late, Rejected int

	// Touchpoints sent, by channel.
	ByChannel   map[string]int
	Personas    int
	Predictions int
	// Records of next-best-actions.
	Decisions int
	// Decisions by action.
	ByAction map[string]int
	// ClickHouse rows, versions resolved.
	Rows map[string]int
	// Nil where the oracle was not asked.
	KPIs *oracle.Totals

	// Number of differences.
	Found int
	// Of the differences: something is missing.
	Lost int
	// Of the differences: something is there too often.
	Duplicated int
	// The first differences in words, each naming its record.
	Differences []string
}

// checker is one verification under way.
type checker struct {
	*Run
	report Report
	// By event id.
	fates   map[string]*fate
	scratch []byte

	// Predictions at the start of contacts, by id.
	starts map[string]start
	// When each person took digital steps, whoever has the identifiers in the end.
	digital map[schemas.PersonRef][]int64
	// By id: digest of what ClickHouse must say.
	predictionRows, decisionRows map[string]uint64
	// Newest versions.
	cells map[cell]latest
	// By contact id and key: what contact-facts says last.
	facts map[factID]*known
	// Touchpoints of calls as they arrived, by event id; the contacts that they make, and those by the event id
	// of each touchpoint and by the contact center's id.
	arrivals     map[string]*arrival
	contacts     []*contact
	contactOf    map[string]*contact
	contactsOfID map[string][]*contact
	// What lies in the source topics: event ids, empty where unreadable.
	placed    map[position]string
	refusedAt map[position]bool
	// By place in attune.identified: digest of what ClickHouse must say.
	ownerRows map[position]uint64
	// Offset in attune.identified of the copy that ClickHouse must show.
	firstRows map[rowID]int64
	// What links have said of whoever acts for a patient.
	related map[relation]bool
	moves   *moves
}

// position is the place of a source record.
type position struct {
	topic     string
	partition int32
	offset    int64
}

func (p position) String() string { return fmt.Sprintf("%s/%d@%d", p.topic, p.partition, p.offset) }

// fate is what became of the copies of one event.
type fate struct {
	rejected, duplicate, late int
	// Source records that reached attune.identified.
	identified int
	// Where the accepted copy was processed.
	partition           int32
	epoch               int32
	person              schemas.PersonRef
	shard               string
	identifiedSomewhere bool
	// What was sent in the accepted copy.
	accepted    *variant
	lateWindows []string
	// gone: some of them were kept no longer, and may not have counted it as dropped.
	gone    bool
	reasons []string
}

// Verify recomputes and compares. The error is for what could not be read; differences are in the
// report.
func (r *Run) Verify(ctx context.Context) (*Report, error) {
	c := &checker{Run: r, fates: map[string]*fate{}, placed: map[position]string{}, refusedAt: map[position]bool{}, ownerRows: map[position]uint64{},
		firstRows: map[rowID]int64{}, moves: newMoves()}
	c.report = Report{ByChannel: map[string]int{}, ByAction: map[string]int{}, Rows: map[string]int{}, Differences: []string{}}
	for _, step := range []struct {
		name string
		do   func(context.Context) error
	}{
		{"sources", c.sources}, {"refused", c.refused}, {"late", c.late}, {"identified", c.identified}, {"fates", c.judge},
		{"personas", c.personas}, {"predictions", c.predictions}, {"decisions", c.decisions}, {"aggregates", c.aggregates}, {"contact facts", c.contactFacts}, {"clickhouse", c.clickhouse},
		{"kpis", c.kpis},
	} {
		if err := step.do(ctx); err != nil {
			return nil, fmt.Errorf("verify %s: %w", step.name, err)
		}
	}
	slices.Sort(c.report.Differences)
	return &c.report, nil
}

// differ notes a difference: where it is, which record, and what is wrong with it.
func (c *checker) differ(where, record, format string, args ...any) {
	c.report.Found++
	limit := c.MaxReport
	if limit == 0 {
		limit = 100
	}
	if len(c.report.Differences) < limit {
		c.report.Differences = append(c.report.Differences, where+" "+record+": "+fmt.Sprintf(format, args...))
	}
}

// lost notes that something is missing.
func (c *checker) lost(where, record, format string, args ...any) {
	c.report.Lost++
	c.differ(where, record, format, args...)
}

// twice notes that something is there too often.
func (c *checker) twice(where, record, format string, args ...any) {
	c.report.Duplicated++
	c.differ(where, record, format, args...)
}

func (c *checker) fate(eventID string) *fate {
	f := c.fates[eventID]
	if f == nil {
		f = &fate{}
		c.fates[clone(eventID)] = f
	}
	return f
}

// place names a record by topic, partition and offset.
func place(r *pipeline.Record) string {
	return fmt.Sprintf("%s/%d@%d", r.Topic, r.Partition, r.Offset)
}

// decode reads a framed record of our own schema.
func decode(r *pipeline.Record, into schemas.Record) error {
	if len(r.Value) < 5 || r.Value[0] != 0 {
		return fmt.Errorf("%s: not in Confluent framing", place(r))
	}
	into.Reset()
	if err := schemas.DecodeWhole(into, r.Value[5:]); err != nil {
		return fmt.Errorf("%s: %w", place(r), err)
	}
	return nil
}

// decodeSource reads a touchpoint as its source wrote it.
func (c *checker) decodeSource(r *pipeline.Record, t *schemas.Touchpoint) error {
	if !c.Foreign || len(r.Value) < 5 || r.Value[0] != 0 {
		return decode(r, t)
	}
	t.Reset()
	_, err := t.DecodeAvro(r.Value[5:])
	return err
}

// isControl says whether a record carries watermarks, not data.
func isControl(r *pipeline.Record) bool {
	return slices.ContainsFunc(r.Headers, func(h pipeline.Header) bool { return strings.HasPrefix(h.Key, "attune_watermark") })
}

// sources compares the source topics with the ledger, record for record.
func (c *checker) sources(ctx context.Context) error {
	c.report.Produced = c.Ledger.Produced()
	for _, p := range c.Ledger.touchpoints {
		c.report.ByChannel[p.Channel.String()] += p.Copies
	}
	seen := map[string]int{}
	unreadable := map[string]int{}
	var t schemas.Touchpoint
	for _, topic := range c.Sources {
		err := c.Log.Each(ctx, topic, func(r *pipeline.Record) error {
			if c.decodeSource(r, &t) != nil {
				unreadable[topic]++
				c.placed[position{topic, r.Partition, r.Offset}] = ""
				return nil
			}
			p := c.Ledger.touchpoints[t.EventID]
			if p == nil {
				c.differ(topic, "event "+t.EventID, "at %s is not in the ledger", place(r))
				return nil
			}
			seen[p.EventID]++
			c.placed[position{topic, r.Partition, r.Offset}] = p.EventID
			var d uint64
			passes := disclosed(t)
			d, c.scratch = digest(&passes, c.scratch)
			if p.variant(d) == nil {
				c.differ(topic, "event "+p.EventID, "at %s is not what the source sent", place(r))
			}
			return nil
		})
		if err != nil {
			return err
		}
		if got, want := unreadable[topic], c.Ledger.anonymous[topic]; got != want {
			c.differ(topic, "unreadable records", "%d are there, %d were sent", got, want)
		}
	}
	for id, p := range c.Ledger.touchpoints {
		switch {
		case seen[id] < p.Copies:
			c.lost(p.Topic, "event "+id, "is there %d times, was sent %d times", seen[id], p.Copies)
		case seen[id] > p.Copies:
			c.twice(p.Topic, "event "+id, "is there %d times, was sent %d times", seen[id], p.Copies)
		}
	}
	return nil
}

// refused reads touchpoints.rejected.
func (c *checker) refused(ctx context.Context) error {
	var rejected schemas.RejectedRecord
	anonymous := 0
	err := c.Log.Each(ctx, "touchpoints.rejected", func(r *pipeline.Record) error {
		if err := decode(r, &rejected); err != nil {
			c.differ("touchpoints.rejected", place(r), "cannot be decoded")
			return nil
		}
		if rejected.Topic != "touchpoints.web" && rejected.EventID == "" && !slices.Contains(c.Sources, rejected.Topic) {
			return nil // a refused link, consent or outcome
		}
		from := position{clone(rejected.Topic), rejected.Partition, rejected.Offset}
		if slices.Contains(c.Sources, rejected.Topic) && !c.refusedFrom(from, &rejected, r) {
			return nil
		}
		if rejected.EventID == "" {
			anonymous++
			c.report.Rejected++
			return nil
		}
		p := c.Ledger.touchpoints[rejected.EventID]
		if p == nil {
			if !c.Ledger.hasOutcome(rejected.EventID) && slices.Contains(c.Sources, rejected.Topic) {
				c.differ("touchpoints.rejected", "event "+rejected.EventID, "at %s is not in the ledger", place(r))
			}
			return nil
		}
		f := c.fate(p.EventID)
		f.reasons = append(f.reasons, clone(rejected.Reason))
		if rejected.Reason == "duplicate" {
			f.duplicate++
		} else {
			f.rejected++
		}
		return nil
	})
	want := 0
	for _, n := range c.Ledger.anonymous {
		want += n
	}
	if err == nil && anonymous != want {
		c.differ("touchpoints.rejected", "unreadable records", "%d are there, %d were sent", anonymous, want)
	}
	for from, id := range c.placed {
		if id == "" && !c.refusedAt[from] {
			c.lost("touchpoints.rejected", "unreadable record "+from.String(), "was not rejected")
		}
	}
	return err
}

// refusedFrom notes which source record was refused. It says whether there is such a record,
// refused for the first time.
func (c *checker) refusedFrom(from position, rejected *schemas.RejectedRecord, r *pipeline.Record) bool {
	name := "event " + rejected.EventID
	if rejected.EventID == "" {
		name = "unreadable record " + from.String()
	}
	id, ok := c.placed[from]
	switch {
	case !ok || id != rejected.EventID:
		c.differ("touchpoints.rejected", name, "at %s is not what lies at %s", place(r), from)
	case c.refusedAt[from]:
		c.twice("touchpoints.rejected", name, "at %s: the record at %s was rejected before", place(r), from)
	default:
		c.refusedAt[from] = true
		return true
	}
	return false
}

// late reads touchpoints.late and proves each record late by the watermark it carries.
func (c *checker) late(ctx context.Context) error {
	var late schemas.RejectedRecord
	return c.Log.Each(ctx, "touchpoints.late", func(r *pipeline.Record) error {
		if err := decode(r, &late); err != nil {
			c.differ("touchpoints.late", place(r), "cannot be decoded")
			return nil
		}
		p := c.Ledger.touchpoints[late.EventID]
		if p == nil {
			c.differ("touchpoints.late", "event "+late.EventID, "at %s is not in the ledger", place(r))
			return nil
		}
		f := c.fate(p.EventID)
		f.late++
		f.gone = late.Detail == "window_gone"
		if len(late.Windows) == 0 {
			c.differ("touchpoints.late", "event "+p.EventID, "names no window")
		}
		for _, name := range late.Windows {
			f.lateWindows = append(f.lateWindows, clone(name))
			i := slices.IndexFunc(c.Windows, func(w Window) bool { return w.Aggregate == name })
			if i < 0 {
				c.differ("touchpoints.late", "event "+p.EventID, "names window %q, which the run has not", name)
				continue
			}
			w := c.Windows[i]
			if end := floor(int64(late.OccurredAt), w.Size) + w.Size; end+w.Lateness > int64(late.Watermark) {
				c.differ("touchpoints.late", "event "+p.EventID, "window %s could take it until %d, its watermark says %d", name, end+w.Lateness, late.Watermark)
			}
		}
		return nil
	})
}

// identified reads attune.identified: who got which touchpoint, unchanged.
func (c *checker) identified(ctx context.Context) error {
	var id schemas.Identified
	// A record that was forwarded names the same source record again, for another owner.
	seen := map[position]bool{}
	if err := c.relations(ctx); err != nil {
		return err
	}
	err := c.Log.Each(ctx, "attune.identified", func(r *pipeline.Record) error {
		if isControl(r) {
			return nil
		}
		if err := decode(r, &id); err != nil {
			c.differ("attune.identified", place(r), "cannot be decoded")
			return nil
		}
		again := c.moves.take(&id)
		if id.Payload.Kind != schemas.IdentifiedPayloadTouchpoint {
			return nil
		}
		t := &id.Payload.Touchpoint
		p := c.Ledger.touchpoints[t.EventID]
		if p == nil {
			c.differ("attune.identified", "event "+t.EventID, "at %s is not in the ledger", place(r))
			return nil
		}
		if len(t.Identifiers) > 0 || t.SessionID.OK {
			c.differ("attune.identified", "event "+p.EventID, "still holds identifiers")
		}
		var d uint64
		d, c.scratch = digest(t, c.scratch)
		v := p.variant(d)
		if v == nil {
			v = c.introduced(p, t)
		}
		if v == nil {
			c.differ("attune.identified", "event "+p.EventID, "at %s is not what the source sent", place(r))
			v = &p.variants[0]
		}
		f := c.fate(p.EventID)
		from := position{p.Topic, id.SourcePartition, id.SourceOffset}
		if c.placed[from] != p.EventID || id.SourceTopic != p.Topic {
			c.differ("attune.identified", "event "+p.EventID, "at %s is not what lies at %s", place(r), from)
		}
		if !seen[from] {
			seen[from] = true
			f.identified++
		}
		if again {
			c.twice("attune.identified", "event "+p.EventID, "is there twice, the second time at %s", place(r))
		}
		if string(r.Key) != id.PersonRef.Reveal() {
			c.differ("attune.identified", "event "+p.EventID, "at %s has the key of another person", place(r))
		}
		c.ownerRows[position{r.Topic, r.Partition, r.Offset}] = ownerRow(&id, t.EventID)
		row := rowID{p.EventID, int64(t.OccurredAt)}
		if first, ok := c.firstRows[row]; !ok || r.Offset < first {
			c.firstRows[row] = r.Offset
		}
		c.meet(t, id.PersonRef, r.Partition)
		f.identifiedSomewhere = true
		// Of the copies one was accepted; of its records the one of the highest epoch reached the owner.
		if !c.refusedAt[from] && (f.person == "" || id.Epoch >= f.epoch) {
			f.partition, f.person, f.shard, f.epoch = r.Partition, clone(id.PersonRef), clone(id.Shard), id.Epoch
			f.accepted = v
		}
		return nil
	})
	c.moved()
	return err
}

// judge demands one fate of each copy.
func (c *checker) judge(context.Context) error {
	for id, p := range c.Ledger.touchpoints {
		f := c.fate(id)
		c.report.Rejected += f.rejected
		c.report.Duplicate += f.duplicate
		accepted := p.Copies - f.rejected - f.duplicate
		switch {
		case p.Refuse != "" && (f.rejected != p.Copies || slices.ContainsFunc(f.reasons, func(r string) bool { return r != p.Refuse })):
			c.differ("fates", "event "+id, "must be rejected as %s: %d of %d copies are, as %s", p.Refuse, f.rejected, p.Copies, strings.Join(f.reasons, ", "))
		case p.Refuse != "":
		case slices.ContainsFunc(f.reasons, func(r string) bool { return r != "duplicate" && (r != "event_id_conflict" || !p.conflict()) }):
			c.differ("fates", "event "+id, "was rejected as %s", strings.Join(f.reasons, ", "))
		case accepted != 1:
			c.differ("fates", "event "+id, "%d copies were sent, %d rejected, %d duplicate: %d accepted", p.Copies, f.rejected, f.duplicate, accepted)
		case !f.identifiedSomewhere:
			c.lost("fates", "event "+id, "did not reach attune.identified")
		case f.identified < p.Copies:
			c.lost("fates", "event "+id, "%d copies were sent, %d reached attune.identified", p.Copies, f.identified)
		case f.identified > p.Copies:
			c.twice("fates", "event "+id, "%d copies were sent, %d reached attune.identified", p.Copies, f.identified)
		case f.late > 1:
			c.twice("fates", "event "+id, "is late %d times", f.late)
		case f.late == 1:
			c.report.Late++
		default:
			c.report.Processed++
		}
	}
	return nil
}

// accepted calls fn for each touchpoint that must have been processed or be late, with the variant
// that was accepted.
func (c *checker) accepted(fn func(p *Produced, v *variant, f *fate)) {
	for id, p := range c.Ledger.touchpoints {
		if p.Refuse != "" {
			continue
		}
		f, v := c.fates[id], &p.variants[0]
		if f.accepted != nil {
			v = f.accepted
		}
		fn(p, v, f)
	}
}

// floor is the start of the tumbling window that t lies in.
func floor(t, size int64) int64 {
	m := t % size
	if m < 0 {
		m += size
	}
	return t - m
}
