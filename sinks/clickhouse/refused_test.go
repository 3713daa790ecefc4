package clickhouse

import (
	"testing"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// TestRefusedCopyIsTakenOut sends touchpoints that their patient's task refused, before and after
// their rejection is read, and rejections that must not take anything out.
func TestRefusedCopyIsTakenOut(t *testing.T) {
	r := newRig(t, sharedServer(t).NativeAddr())
	var failed []string
	r.cfg.Events.Rejected = func(_ pipeline.TopicPartition, _ int64, reason string) { failed = append(failed, reason) }
	topics := r.cfg.Topics
	topics.setDefaults()
	form := web(schemas.WebEventFormError, "refill/form", "R03")
	copyAt := func(id string, at schemas.Millis) *schemas.Identified { return touchpoint(id, somebody, at, form) }
	rejected := func(reason, key string, v *schemas.Identified) *schemas.RejectedRecord {
		return &schemas.RejectedRecord{Reason: reason, Topic: v.SourceTopic, Watermark: -1, Key: schemas.Some(schemas.ProtectedBytes(key)),
			Value: schemas.Some(schemas.ProtectedBytes(schemas.AppendFramed(nil, r.cfg.SchemaIDs["Identified"][0], v)))}
	}
	// As the patient's task writes it.
	reject := func(key string, v *schemas.RejectedRecord) {
		r.putBytes(topics.Rejected, key, schemas.AppendFramed(nil, r.cfg.SchemaIDs["RejectedRecord"][0], v), pipeline.Header{Key: schemas.HeaderSource, Value: []byte("/attune/patient")})
	}
	for _, v := range []*schemas.Identified{copyAt("src/1", noon), copyAt("src/1", noon+1), copyAt("src/2", noon), copyAt("src/3", noon), copyAt("src/4", noon)} {
		r.put(topics.Identified, somebody, v)
	}
	reject(somebody, rejected("event_id_conflict", somebody, copyAt("src/1", noon+1)))
	reject(somebody, rejected("processing_failed", somebody, copyAt("src/2", noon)))
	reject(somebody, rejected("duplicate", somebody, copyAt("src/3", noon)))
	reject("theirs", rejected("absurd_time", "theirs", copyAt("src/4", noon)))
	r.putBytes(topics.Rejected, somebody, []byte{0, 0, 0, 0, 99, 1, 2, 3}, pipeline.Header{Key: schemas.HeaderSource, Value: []byte("/attune/patient")})
	r.send()
	_, stop := r.start()
	c := r.client()
	r.await(c, 7, "SELECT count() FROM {db}.touchpoints")
	stop()

	expect(t, c, "SELECT groupArray(e) AS kept FROM (SELECT concat(event_id, ' ', toString(toUnixTimestamp64Milli(occurred_at) - 1772452800000)) AS e FROM {db}.current_touchpoints ORDER BY e)",
		`{"kept": ["src/1 0", "src/3 0", "src/4 0"]}`)
	// Views that resolve copies in their own way.
	expect(t, c, "SELECT sum(touchpoints) AS accepted, sum(d.refused) AS others FROM {db}.data_by_hour AS d", `{"accepted": 3, "others": 2}`)
	expect(t, c, "SELECT sum(touchpoints) AS pairs FROM {db}.channel_switches", `{"pairs": 2}`)
	if len(failed) > 0 {
		t.Errorf("the sink rejected what lies in the rejected topic already: %v", failed)
	}
}
