package enginetest

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/pipelinetest"
)

// NewDriver drives TwoHops by hand, with a fake clock. Each step happens when the test says so, and a
// failure repeats.
func NewDriver(t testing.TB) *pipelinetest.Driver {
	t.Helper()
	return pipelinetest.New(t, TwoHops(), pipelinetest.Options{Partitions: Partitions})
}

// Values are the values of records, as text, in their order.
func Values(records []pipeline.Record) []string {
	var out []string
	for _, r := range records {
		out = append(out, string(r.Value))
	}
	return out
}

// Send produces "key time n" to a partition of a source topic. The partition is the caller's choice, since
// which records wait for which watermark depends on it.
func Send(d *pipelinetest.Driver, topic string, partition int32, key string, at, n int) {
	d.ProduceTo(topic, partition, []byte(key), fmt.Appendf(nil, "%s %d %d", key, at, n))
}

// SameSet compares two lists without regard to order, for outputs of several partitions: their order among
// each other is promised by nobody. An output that is there twice still counts twice.
func SameSet(t testing.TB, what string, got, want []string) {
	t.Helper()
	got, want = slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %q, want %q", what, got, want)
	}
}

// Drain processes everything that is there to its end, across all hops, then ends the input, and returns
// when what follows from that has been committed too. The sources must have stopped. The second wait is for
// windows that only the end of input closes, and for what the next hop makes of them.
func Drain(ctx context.Context, r interface {
	Quiet(ctx context.Context) error
	EndInput(ctx context.Context) error
}) error {
	if err := r.Quiet(ctx); err != nil {
		return fmt.Errorf("drain: %w", err)
	}
	if err := r.EndInput(ctx); err != nil {
		return fmt.Errorf("end input: %w", err)
	}
	if err := r.Quiet(ctx); err != nil {
		return fmt.Errorf("drain after the end of input: %w", err)
	}
	return nil
}
