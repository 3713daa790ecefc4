package main

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// Records that nobody owned up to lie in the topics themselves: a touchpoint that no source sent, and
// a second copy of an action and of a prediction, one of them altered. The pipeline and the sink take
// them; the demo exits with 1 and names each.
func TestDemoNamesRecordsThatSlippedIn(t *testing.T) {
	t.Parallel()
	var out buffer
	d := smallDemo(&out)
	d.simulation.rate, d.simulation.duration = 20, 30*time.Second
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
		check(t, p.Init(t.Context()))
		for _, r := range []*pipeline.OutRecord{touchpoint, action, prediction} {
			check(t, p.Append(r))
		}
		check(t, p.Seal(nil).Commit(t.Context(), nil))
		check(t, d.processor.runner.Quiet(t.Context()))
		check(t, d.awaitSink(t.Context()))
	}
	err := d.run(t.Context())
	var exit *exitError
	if !errors.As(err, &exit) || exit.code != exitFailed {
		t.Fatalf("the demo ended with %v", err)
	}
	all := strings.Join(resultOf(t, out.String()).Differences, "\n")
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
}](t *testing.T, d *demo, topic string, change func(P)) *pipeline.OutRecord {
	t.Helper()
	var out *pipeline.OutRecord
	err := topicReader{d.cluster}.Each(t.Context(), topic, func(r *pipeline.Record) error {
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
