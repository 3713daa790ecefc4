package simulation

import (
	"fmt"
	"time"

	"github.com/attune-health/attune/pipeline"
)

// input writes what comes from outside, at random moments: touches with disorder, repeated, unusable,
// and within transactions that may be aborted; links, models, and orders to dump the state.
type input struct {
	world *world
	sent  int
	ids   []string // values that may be sent again
	model int
	dumps int
}

// eventTimes begin here.
const eventTimes = 1_000_000

// write lets something come from outside.
func (in *input) write() {
	w := in.world
	switch n := w.rand.IntN(24); {
	case n == 0:
		in.link()
	case n == 1:
		in.newModel()
	case n == 2:
		in.dumpOne()
	case n < 5:
		in.transaction()
	default:
		in.put(in.source(), nil, in.touch())
	}
}

// source draws a partition. Those of web are busier, and the last one is often silent.
func (in *input) source() pipeline.TopicPartition {
	topic := pick(in.world.rand, "web", "web", "ehr")
	n := int32(0)
	if in.world.chance(3) {
		n = 1
	}
	return pipeline.TopicPartition{Topic: topic, Partition: n}
}

func (in *input) now() int64 { return eventTimes + time.Since(in.world.began).Milliseconds() }

// touch makes a value.
func (in *input) touch() string {
	w := in.world
	in.sent++
	at := in.now() - w.rand.Int64N(int64(w.settings.Bound))
	key := fmt.Sprintf("k%d", min(w.rand.IntN(9), w.rand.IntN(9)))
	switch w.rand.IntN(30) {
	case 0:
		return "unreadable"
	case 1:
		return fmt.Sprintf("e%d panic %d", in.sent, at)
	case 2, 3:
		at -= w.rand.Int64N(3000) // late, or not yet
	case 4, 5, 6:
		if len(in.ids) > 0 {
			return in.ids[w.rand.IntN(len(in.ids))]
		}
	}
	value := fmt.Sprintf("e%d %s %d", in.sent, key, at)
	if w.chance(15) {
		value += " urgent"
	}
	in.ids = append(in.ids, value)
	return value
}

func (in *input) put(tp pipeline.TopicPartition, part *txnPart, value string) {
	in.writeKey(tp, part, "", value)
}

func (in *input) writeKey(tp pipeline.TopicPartition, part *txnPart, key, value string) {
	in.world.note("input %s %s %q", name(tp), key, value)
	c := in.world.cluster
	c.append(c.partition(tp), &pipeline.OutRecord{Timestamp: time.Now().UnixMilli(), Key: []byte(key), Value: []byte(value)}, part)
}

// transaction writes some touches, and now and then a model, in a transaction of somebody upstream.
func (in *input) transaction() {
	w, t := in.world, &txn{}
	state := committed
	if w.chance(2) {
		state = aborted
	}
	known, model := len(in.ids), in.model
	for range 1 + w.rand.IntN(3) {
		tp := in.source()
		in.put(tp, t.add(w.cluster.partition(tp)), in.touch())
	}
	if w.chance(3) {
		in.model++
		tp := pipeline.TopicPartition{Topic: "models"}
		value := fmt.Sprint(in.model)
		if state == aborted {
			value = "-1"
		}
		in.put(tp, t.add(w.cluster.partition(tp)), value)
	}
	if state == aborted {
		in.ids, in.model = in.ids[:known], model
	}
	w.cluster.open = append(w.cluster.open, t)
	w.after(w.between(0, 300*time.Millisecond), func() { w.cluster.end(t, state) })
}

func (in *input) link() {
	key := fmt.Sprintf("k%d", in.world.rand.IntN(9))
	in.writeKey(pipeline.TopicPartition{Topic: "links"}, nil, key, fmt.Sprintf("owner-%d", in.world.rand.IntN(1000)))
}

func (in *input) newModel() {
	in.model++
	in.put(pipeline.TopicPartition{Topic: "models"}, nil, fmt.Sprint(in.model))
}

// dumpOne orders a task to write down its state.
func (in *input) dumpOne() {
	in.dumpOf(in.world.rand.Int32N(in.world.settings.MidPartitions))
}

func (in *input) dumpOf(partition int32) {
	in.dumps++
	in.writeKey(pipeline.TopicPartition{Topic: "mid", Partition: partition}, nil, "dump", fmt.Sprint(in.dumps))
}

// close ends event time: a touch far in the future in every source partition.
func (in *input) close() {
	at := in.now() + 60_000
	for _, topic := range []string{"web", "ehr"} {
		for i := range in.world.cluster.topics[topic] {
			in.put(pipeline.TopicPartition{Topic: topic, Partition: int32(i)}, nil, fmt.Sprintf("close-%s-%d k0 %d", topic, i, at))
		}
	}
}
