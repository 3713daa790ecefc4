package state_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/pipelinetest"
	"github.com/attune-health/attune/pipeline/state"
)

// visits counts the steps of visitors, and forgets who is away for an hour.
type visits struct {
	steps   *state.Map[int]
	counted pipeline.Output
}

func newVisits(s *pipeline.Setup) (pipeline.Processor, error) {
	ttl := state.TTL{After: time.Hour}
	return &visits{steps: state.NewExpiringMap(s, "steps", byteCodec{}, ttl), counted: s.Output("counted")}, nil
}

// Process takes records such as "09:00 ann".
func (v *visits) Process(ctx *pipeline.Context, r *pipeline.Record) error {
	clock, visitor, _ := strings.Cut(string(r.Value), " ")
	at, err := time.Parse("15:04", clock)
	if err != nil {
		return pipeline.Invalid("time", err)
	}
	ctx.ObserveEventTime(pipeline.Time(at.UnixMilli())) // before anything is written
	n := v.steps.GetOrCreate(visitor)
	*n++
	ctx.Emit(v.counted, []byte(visitor), fmt.Appendf(nil, "%s %s: step %d, %d known", clock, visitor, *n, v.steps.Len()))
	return nil
}

type byteCodec struct{}

func (byteCodec) AppendValue(dst []byte, n *int) []byte { return append(dst, 1, byte(*n)) }
func (byteCodec) DecodeValue(src []byte, n *int) error {
	*n = int(src[1])
	return nil
}

// loud stands in for a test, which an example does not have.
type loud struct{ testing.TB }

func (loud) Helper()                           {}
func (loud) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }

func ExampleNewExpiringMap() {
	d := pipelinetest.New(loud{}, &pipeline.Topology{
		Name:     "visits",
		Channels: []pipeline.Channel{{Name: "web", OutOfOrderness: 60_000}},
		Roles:    []pipeline.Role{{Name: "count", Sources: []pipeline.Source{{Topic: "web"}}, Changelog: "changelog", New: newVisits}},
	}, pipelinetest.Options{})
	for _, line := range []string{"09:00 ann", "09:10 ben", "09:50 ann"} {
		d.ProduceTo("web", 0, nil, []byte(line))
	}
	d.Commit()
	d.KillAll() // the time of the last write is state
	for _, line := range []string{"10:40 ann", "11:00 ben"} {
		d.ProduceTo("web", 0, nil, []byte(line))
	}
	d.Commit()
	for _, r := range d.Read("counted") {
		fmt.Println(string(r.Value))
	}
	// Output:
	// 09:00 ann: step 1, 1 known
	// 09:10 ben: step 1, 2 known
	// 09:50 ann: step 2, 2 known
	// 10:40 ann: step 3, 2 known
	// 11:00 ben: step 1, 2 known
}
