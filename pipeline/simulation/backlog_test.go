package simulation

import (
	"fmt"

	"github.com/attune-health/attune/pipeline"
)

// backlogMillis is what the sources hold when the processes begin, in event time.
const backlogMillis = 900_000

// begin fills the sources, one after the other, with touches of the same time, many of one and few of
// another.
func (j *engineJob) begin() {
	w := j.world
	if !w.settings.Backlog {
		return
	}
	j.behind = make(map[pipeline.TopicPartition]int64)
	for _, topic := range []string{"ehr", "web"} {
		for p := range w.cluster.topics[topic] {
			tp := pipeline.TopicPartition{Topic: topic, Partition: int32(p)}
			n := int64(pick(w.rand, 3, 20, 60))
			for i := range n {
				j.sent++
				at := eventTimes - backlogMillis + (i*backlogMillis+w.rand.Int64N(backlogMillis))/n
				j.put(tp, nil, fmt.Sprintf("e%d k%d %d", j.sent, w.rand.IntN(9), at))
			}
			j.behind[tp] = n
		}
	}
}

// touchTimes are those of a touch. One that cannot be read has the time of the one before it: none.
func touchTimes(r *pipeline.Record) (known, event pipeline.Time) {
	t, err := parseTouch(r.Value)
	if err != nil {
		return pipeline.MinTime, pipeline.MinTime
	}
	return t.at, t.at
}

// verifyBacklog: what was there when the first process began came out of ingest in the order of time,
// whatever became of that process. Between two processes the order is not exact.
func (j *engineJob) verifyBacklog(v *verifier) {
	s := &v.world.settings
	if !s.Backlog {
		return
	}
	v.world.met["backlog"]++
	for p := range s.MidPartitions {
		newest := pipeline.MinTime
		v.touches(p, func(r *pipeline.Record, from place) {
			t, _ := parseTouch(r.Value)
			if from.offset >= j.behind[pipeline.TopicPartition{Topic: from.topic, Partition: from.partition}] {
				return
			}
			if s.Processes == 1 && t.at < newest {
				v.errorf("mid/%d offset %d: %v of %d comes after what became known at %d", p, r.Offset, from, t.at, newest)
			}
			newest = max(newest, t.at)
		})
	}
}
