package demo

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/attune-health/attune/internal/connect"
	"github.com/attune-health/attune/internal/exit"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// Records that nobody owned up to lie in the topics themselves: a touchpoint that no source sent, and
// a second copy of an action and of a prediction, one of them altered. The pipeline and the sink take
// them; the demo exits with 1 and names each.
func TestDemoNamesRecordsThatSlippedIn(t *testing.T) {
	t.Parallel()
	var out screen
	d := smallDemo(&out)
	d.Simulation.Rate, d.Simulation.Duration = 20, 30*time.Second
	var want []string
	d.tamper = func(string) {
		touchpoint := copyOf(t, d, schemas.TopicTouchpointsWeb, func(p *schemas.Touchpoint) {
			p.EventID = "intruder/1"
			want = append(want, "touchpoints.web event intruder/1", "attune.identified event intruder/1")
		})
		action := copyOf(t, d, schemas.TopicActions, func(a *schemas.NextBestAction) {
			want = append(want, "next-best-actions decision "+strings.Clone(a.DecisionID)+": is there twice")
		})
		prediction := copyOf(t, d, schemas.TopicPredictions, func(p *schemas.Prediction) {
			p.Urgency++
			want = append(want, "contact-predictions prediction "+strings.Clone(p.PredictionID)+": is there twice")
		})
		p := d.cluster.NewProducer(pipeline.ProducerConfig{})
		defer p.Close()
		ok(t, p.Init(t.Context()))
		for _, r := range []*pipeline.OutRecord{touchpoint, action, prediction} {
			ok(t, p.Append(r))
		}
		ok(t, p.Seal(nil).Commit(t.Context(), nil))
		ok(t, d.processor.Runner.Quiet(t.Context()))
		ok(t, d.awaitSink(t.Context()))
	}
	err := d.Run(t.Context())
	var ended *exit.Error
	if !errors.As(err, &ended) || ended.Code != exit.CodeFailed {
		t.Fatalf("the demo ended with %v", err)
	}
	all := strings.Join(resultIn(t, out.String()).Differences, "\n")
	for _, w := range want {
		if !strings.Contains(all, w) {
			t.Errorf("no difference says %q:\n%s", w, all)
		}
	}
}

// copyOf is a changed copy of a record that lies in a topic.
func copyOf[T any, P interface {
	*T
	schemas.Record
}](t *testing.T, d *Demo, topic string, change func(P)) *pipeline.OutRecord {
	t.Helper()
	var out *pipeline.OutRecord
	err := connect.Log{Cluster: d.cluster}.Each(t.Context(), topic, func(r *pipeline.Record) error {
		if out != nil {
			return nil
		}
		v := P(new(T))
		if err := schemas.DecodeWhole(v, r.Value[5:]); err != nil {
			return err
		}
		change(v)
		out = &pipeline.OutRecord{Topic: topic, Partition: r.Partition, Key: append([]byte(nil), r.Key...), Value: v.AppendAvro(append([]byte(nil), r.Value[:5]...)), Timestamp: time.Now().UnixMilli()}
		return nil
	})
	if err != nil || out == nil {
		t.Fatalf("nothing to copy in %s: %v", topic, err)
	}
	return out
}
