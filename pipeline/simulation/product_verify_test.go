package simulation

import (
	"context"
	"fmt"
	"strings"

	"github.com/attune-health/attune/internal/verify"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// verify gives what is in the brokers' logs to the product's own verifier, which recomputes it without
// operators, and demands that nothing waits for a shard any more.
func (j *productJob) verify() []string {
	w := j.world
	v := &verifier{world: w}
	v.ends()
	run := verify.Run{Ledger: j.ledger(), Log: worldLog{w}, MaxReport: 20,
		Sources: schemas.TouchpointTopics()}
	for _, o := range j.config.Aggregate.Windows() {
		run.Windows = append(run.Windows, verify.Window{Aggregate: o.Name, Size: int64(o.Size), Lateness: int64(o.Lateness)})
	}
	report, err := run.Verify(context.Background())
	if err != nil {
		v.errorf("%v", err)
		return v.errs
	}
	v.errs = append(v.errs, report.Differences...)
	j.waiting(v)
	j.count(report)
	return v.errs
}

// ledger is what lies in the source topics, and what must become of it.
func (j *productJob) ledger() *verify.Ledger {
	ledger := new(verify.Ledger)
	for _, topic := range schemas.TouchpointTopics() {
		for _, p := range j.world.cluster.topics[topic] {
			for _, r := range p.read() {
				var t schemas.Touchpoint
				if string(r.Value) == "unreadable" || schemas.DecodeWhole(&t, r.Value[5:]) != nil {
					ledger.Unreadable(topic)
					continue
				}
				refuse := ""
				if t.Body.Kind == schemas.TouchpointBodyWeb && t.Body.Web.Reason == badReason {
					refuse = "unknown_reason"
				}
				ledger.Touchpoint(topic, &t, refuse)
			}
		}
	}
	return ledger
}

// waiting: every record that was held has been taken up.
func (j *productJob) waiting(v *verifier) {
	for p := range j.world.settings.MidPartitions {
		held := make(map[string]bool)
		for _, r := range v.log(schemas.TopicPatientChangelog, p) {
			if strings.HasPrefix(string(r.Key), "held\x00") {
				held[string(r.Key)] = r.Value != nil
			}
		}
		for key, waits := range held {
			j.world.met["record held"]++
			if waits {
				v.errorf("%s/%d: %q still waits", schemas.TopicPatientChangelog, p, key)
			}
		}
	}
}

// count notes how much of what the job is for has happened.
func (j *productJob) count(report *verify.Report) {
	met := j.world.met
	met["touchpoint processed"] += report.Processed
	met["touchpoint late"] += report.Late
	met["touchpoint rejected"] += report.Rejected
	met["touchpoint twice"] += report.Duplicate
	for _, p := range j.world.cluster.topics[schemas.TopicIdentified] {
		for _, r := range p.read() {
			var id schemas.Identified
			if isControl(r) || schemas.DecodeWhole(&id, r.Value[5:]) != nil {
				continue
			}
			switch {
			case id.Payload.Kind == schemas.IdentifiedPayloadShardMoved:
				met["shard moved"]++
			case id.Payload.Kind == schemas.IdentifiedPayloadTouchpoint && id.JudgedBy >= 0:
				met["record forwarded"]++
			}
		}
	}
}

// worldLog is the brokers' logs as a read-committed consumer sees them.
type worldLog struct{ world *world }

// Each implements verify.Log.
func (l worldLog) Each(_ context.Context, topic string, fn func(*pipeline.Record) error) error {
	for _, p := range l.world.cluster.topics[topic] {
		for _, r := range p.read() {
			if err := fn(r); err != nil {
				return fmt.Errorf("%s: %w", name(p.tp), err)
			}
		}
	}
	return nil
}
