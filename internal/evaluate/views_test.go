package evaluate

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"testing"
	"time"

	"github.com/attune-health/attune/deploy/embedded"
	"github.com/attune-health/attune/internal/traffic"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/kafka"
	"github.com/attune-health/attune/schemas"
	"github.com/attune-health/attune/sinks/clickhouse"
)

func TestMain(m *testing.M) {
	embedded.RunEngineIfChild()
	os.Exit(m.Run())
}

// tables is a ClickHouse that a sink fills from topics.
type tables struct {
	*clickhouse.Client
	cluster *kafka.Cluster
	out     pipeline.Producer
	cfg     clickhouse.Config
	rows    map[string]uint64
}

func newTables(t *testing.T) *tables {
	t.Helper()
	ctx := t.Context()
	server, err := embedded.StartClickHouse(ctx, embedded.ClickHouseConfig{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Stop(context.WithoutCancel(ctx)) })
	broker, err := embedded.StartBroker(ctx, embedded.BrokerConfig{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = broker.Close() })
	x := &tables{rows: map[string]uint64{}, cfg: clickhouse.Config{
		Addr: []string{server.NativeAddr()}, Database: "agree", LogID: "00000000-0000-0000-0000-0000000000a1", FlushInterval: 50 * time.Millisecond, Schemas: schemas.SchemaTexts{},
		SchemaIDs: map[string][]int32{},
	}}
	for i, d := range schemas.Definitions() {
		x.cfg.SchemaIDs[d.Name] = []int32{int32(100 + i)}
	}
	x.cfg.SchemaIDs["Prediction"], x.cfg.SchemaIDs["ContactFact"] = []int32{ids.Prediction}, []int32{ids.ContactFact}
	if x.cluster, err = kafka.Dial(ctx, kafka.Config{Brokers: []string{broker.Addr()}}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = x.cluster.Close() })
	var topics []kafka.TopicSpec
	for _, spec := range schemas.Topics(schemas.TopicConfig{Partitions: 2}) {
		topics = append(topics, kafka.TopicSpec{Name: spec.Name, Partitions: spec.Partitions})
	}
	if _, err := x.cluster.CreateTopics(ctx, topics); err != nil {
		t.Fatal(err)
	}
	x.out = x.cluster.NewProducer(pipeline.ProducerConfig{})
	if err := x.out.Init(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = x.out.Close() })
	return x
}

// put writes a record of the site into its topic.
func (x *tables) put(t *testing.T, o *pipeline.OutRecord) {
	v := *o
	v.Partition, v.Timestamp = pipeline.Partition(o.Key, 2), 1
	if err := x.out.Append(&v); err != nil {
		t.Fatal(err)
	}
	x.rows[o.Topic]++
}

// fill runs the sink until it has written what was put.
func (x *tables) fill(t *testing.T) {
	t.Helper()
	if err := x.out.Seal(nil).Commit(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	s, err := clickhouse.New(t.Context(), x.cfg, x.cluster)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	if x.Client, err = clickhouse.Open(t.Context(), x.cfg); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = x.Client.Close() })
	for table, want := range map[string]uint64{"predictions": x.rows[schemas.TopicPredictions], "contact_facts": x.rows[schemas.TopicContactFacts]} {
		x.await(t, table, want)
	}
	cancel()
	if err := errors.Join(<-done, s.Close()); err != nil {
		t.Fatal(err)
	}
}

func (x *tables) await(t *testing.T, table string, want uint64) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	for {
		var got uint64
		err := x.One(ctx, "SELECT toUInt64(sum(total)) FROM (SELECT count() AS total FROM {db}."+table+")", &got)
		if err == nil && got == want {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("%s has %d rows and should have %d: %v", table, got, want, err)
		}
	}
}

// numbers are what a query gives, one row each.
func (x *tables) numbers(t *testing.T, columns int, sql string) (rows [][]float64) {
	t.Helper()
	err := x.Each(t.Context(), sql, func(s clickhouse.Scanner) error {
		row, to := make([]float64, columns), make([]any, columns)
		for i := range row {
			to[i] = &row[i]
		}
		rows = append(rows, row)
		return s.Scan(to...)
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// figuresSQL are sums over contacts of a view, as Figures has them.
const figuresSQL = `SELECT toFloat64(count()), countIf(top_1) / count(), countIf(top_3) / count(), sum(log_loss) / count() FROM {db}.foreseen_contacts WHERE `

// TestViewsSayWhatEvaluateSays gives one log to evaluate, whose tasks are those of a site, and what these write to the
// ClickHouse sink. Counts and what is made of them agree exactly. Sums of probabilities and logarithms agree to twelve
// digits: ClickHouse adds in another order. Not in ClickHouse: floors, AUC, accuracy on changes, horizons, stages.
func TestViewsSayWhatEvaluateSays(t *testing.T) {
	x := newTables(t)
	e := Evaluation{Files: []string{bankLog(t, habits())}, Recording: traffic.Recording{Format: "technion-bank", Order: "event"}}
	e.Wrote = func(o *pipeline.OutRecord) { x.put(t, o) }
	r, err := e.Evaluate(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	x.fill(t)
	near := func(name string, got, want, within float64) {
		t.Helper()
		if !(math.Abs(got-want) <= within*math.Abs(want)) {
			t.Errorf("%s is %v in the view, %v by evaluate", name, got, want)
		}
	}
	figures := func(name, where string, f *Figures) {
		t.Helper()
		row := x.numbers(t, 4, figuresSQL+where)[0]
		for i, want := range []float64{float64(f.N), f.Top1, f.Top3} {
			near(fmt.Sprint(name, " ", i), row[i], want, 0)
		}
		near(name+" log loss", row[3], f.LogLoss, 1e-12)
	}
	figures("scored", "contacts_before > 0", r.Model)
	figures("first", "contacts_before = 0", r.First)
	for name, f := range r.Cohorts {
		figures(name, "cohort = '"+name+"'", f)
	}
	if len(r.Cohorts) < 4 || r.Model.Lead.Foreseen < 10 || r.Model.Top3 == 1 || r.Model.Top1 == r.Model.Top3 {
		t.Errorf("%d cohorts, %d foreseen, top-3 %.3f: a poor test", len(r.Cohorts), r.Model.Lead.Foreseen, r.Model.Top3)
	}
	lead := x.numbers(t, 4, `SELECT toFloat64(count()), toFloat64(countIf(attempted)), toFloat64(countIf(foreseen)),
		arrayElement(arraySort(groupArrayIf(lead_seconds, foreseen)), intDiv(countIf(foreseen), 2) + 1) / 60 FROM {db}.foreseen_contacts WHERE contacts_before > 0`)[0]
	for i, want := range []float64{float64(r.Model.Lead.Contacts), float64(r.Model.Lead.Attempted), float64(r.Model.Lead.Foreseen), r.Model.Lead.Median} {
		near(fmt.Sprint("lead ", i), lead[i], want, 0)
	}
	brier := x.numbers(t, 1, "SELECT sum(brier) FROM {db}.scored_contacts")[0][0]
	near("Brier", brier, r.Model.Brier*float64(r.Model.N)+r.First.Brier*float64(r.First.N), 1e-12)
	checkAdded(t, x, r, near)
}

// checkAdded compares the views that add up, over all contacts: they know no first ones.
func checkAdded(t *testing.T, x *tables, r *Result, near func(name string, got, want, within float64)) {
	t.Helper()
	total := float64(r.Model.N + r.First.N)
	all := x.numbers(t, 4, "SELECT toFloat64(sum(contacts)), toFloat64(sum(top_1)), toFloat64(sum(top_3)), sum(log_loss) FROM {db}.prediction_quality")[0]
	sum := func(of func(f *Figures) float64) float64 {
		return of(r.Model)*float64(r.Model.N) + of(r.First)*float64(r.First.N)
	}
	near("contacts", all[0], total, 0)
	near("top-1", all[1], math.Round(sum(func(f *Figures) float64 { return f.Top1 })), 0)
	near("top-3", all[2], math.Round(sum(func(f *Figures) float64 { return f.Top3 })), 0)
	near("log loss", all[3], sum(func(f *Figures) float64 { return f.LogLoss }), 1e-12)
	bins := x.numbers(t, 4, "SELECT toFloat64(bin), toFloat64(sum(contacts)), toFloat64(sum(top_1)), sum(confidence) FROM {db}.prediction_calibration GROUP BY bin ORDER BY bin")
	counted := 0
	for _, b := range bins {
		one, other := r.Model.confidence[int(b[0])], r.First.confidence[int(b[0])]
		near("bin's contacts", b[1], float64(one.N+other.N), 0)
		near("bin's right ones", b[2], one.Right+other.Right, 0)
		near("bin's confidence", b[3], one.P+other.P, 1e-12)
		counted += one.N + other.N
	}
	if float64(counted) != total || len(bins) < 4 {
		t.Errorf("%d bins have %d of %.0f contacts", len(bins), counted, total)
	}
	cells := x.numbers(t, 3, "SELECT toFloat64(count()), toFloat64(min(contacts)), toFloat64(sum(contacts)) FROM {db}.prediction_cohorts")[0]
	if cells[0] > 0 && cells[1] < hidden {
		t.Errorf("a cell of %v contacts is shown", cells[1])
	}
}
