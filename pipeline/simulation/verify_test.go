package simulation

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/attune-health/attune/pipeline"
)

// verify compares everything that is in the brokers' logs with what must have come of the input.
func (j *engineJob) verify() []string {
	w := j.world
	v := &verifier{world: w, fates: make(map[place]int)}
	v.ends()
	v.inputFates()
	j.verifyBacklog(v)
	for p := range w.settings.MidPartitions {
		if w.settings.AtLeastOnce {
			v.replays(p)
			continue
		}
		v.order(p)
		v.marks(p)
		v.patient(p)
		v.versions(p)
	}
	return v.errs
}

type verifier struct {
	world *world
	errs  []string
	fates map[place]int // how often a source record came out of ingest
}

// place is where a record of web or ehr stands.
type place struct {
	topic     string
	partition int32
	offset    int64
}

func (v *verifier) errorf(format string, args ...any) {
	if len(v.errs) < 20 {
		v.errs = append(v.errs, fmt.Sprintf(format, args...))
	}
}

func (v *verifier) log(topic string, partition int32) []*pipeline.Record {
	return v.world.cluster.topics[topic][partition].read()
}

// ends: nothing is open, and everything has been read.
func (v *verifier) ends() {
	c := v.world.cluster
	if len(c.open) > 0 {
		v.errorf("%d transactions are open", len(c.open))
	}
	for topic, partitions := range c.topics {
		for _, p := range partitions {
			if p.lastStable() != len(p.entries) {
				v.errorf("%s is undecided from %d of %d on", name(p.tp), p.lastStable(), len(p.entries))
			}
			if slices.Contains(v.world.job.sources(), topic) {
				v.read(p)
			}
		}
	}
}

// read: a source has been read to its end, but for the watermarks that a process writes when it stops.
func (v *verifier) read(p *partition) {
	for i := range p.entries[min(int(v.world.cluster.offsets[p.tp].Offset), len(p.entries)):] {
		if e := &p.entries[int(v.world.cluster.offsets[p.tp].Offset)+i]; e.visible() && !isControl(&e.record) {
			v.errorf("%s: offset %d is not committed as read", name(p.tp), e.record.Offset)
		}
	}
}

// inputFates: each record of web and ehr is in mid or in rejected, once, or at least once.
func (v *verifier) inputFates() {
	for p := range v.world.settings.MidPartitions {
		for _, r := range v.log("mid", p) {
			if isControl(r) || string(r.Key) == "dump" {
				continue
			}
			f := strings.Fields(string(r.Value))
			v.came(f[3], f[4], f[5], strings.Join(f[:3], " "), f[6], true)
		}
	}
	for _, r := range v.log("rejected", 0) {
		f := strings.SplitN(string(r.Value), " ", 4)
		v.came(f[0], f[1], f[2], f[3], "", false)
	}
	for _, topic := range []string{"web", "ehr"} {
		for p := range v.world.cluster.topics[topic] {
			for _, r := range v.log(topic, int32(p)) {
				n := v.fates[place{topic, int32(p), r.Offset}]
				if n > 1 && v.world.settings.AtLeastOnce {
					v.world.met["output twice"]++
					n = 1
				}
				if n != 1 {
					v.errorf("%s/%d offset %d %q: came out of ingest %d times", topic, p, r.Offset, r.Value, n)
				}
			}
		}
	}
}

// came notes one record that came out of ingest.
func (v *verifier) came(topic, partition, offset, value, link string, good bool) {
	at := place{topic: topic}
	if _, err := fmt.Sscan(partition, &at.partition); err != nil {
		v.errorf("partition %q: %v", partition, err)
	}
	if _, err := fmt.Sscan(offset, &at.offset); err != nil {
		v.errorf("offset %q: %v", offset, err)
	}
	v.fates[at]++
	e := v.world.cluster.topics[topic][at.partition].entries[at.offset]
	if !e.visible() {
		v.errorf("%v %q came out of ingest, but was aborted", at, value)
	}
	in := string(e.record.Value)
	if usable := !strings.Contains(in, "unreadable") && !strings.Contains(in, "panic"); usable != good {
		v.errorf("%v %q: usable %t, passed %t", at, in, usable, good)
	}
	if in != value && in != value+" urgent" {
		v.errorf("%v: %q became %q", at, in, value)
	}
	if good {
		v.link(strings.Fields(in)[1], link)
	}
}

// link compares a looked up link with the table at the position that came with it.
func (v *verifier) link(key, got string) {
	var at int64
	value, position, _ := strings.Cut(strings.TrimPrefix(got, "link="), "@")
	if _, err := fmt.Sscan(position, &at); err != nil {
		v.errorf("link %q: %v", got, err)
	}
	want := ""
	for _, r := range v.log("links", 0) {
		if r.Offset < at && string(r.Key) == key {
			want = string(r.Value)
		}
	}
	if value != want {
		v.errorf("link of %s at %d: got %q, want %q", key, at, value, want)
	}
}

// touches calls f for each touch in a partition of mid.
func (v *verifier) touches(p int32, f func(r *pipeline.Record, from place)) {
	for _, r := range v.log("mid", p) {
		if isControl(r) || string(r.Key) == "dump" {
			continue
		}
		fields := strings.Fields(string(r.Value))
		at := place{topic: fields[3]}
		if _, err := fmt.Sscan(fields[4]+" "+fields[5], &at.partition, &at.offset); err != nil {
			v.errorf("mid/%d: %q: %v", p, r.Value, err)
		}
		f(r, at)
	}
}

// order: what came from one source partition is in its order.
func (v *verifier) order(p int32) {
	last := make(map[place]int64)
	v.touches(p, func(r *pipeline.Record, from place) {
		source := place{topic: from.topic, partition: from.partition}
		if before, ok := last[source]; ok && from.offset <= before {
			v.errorf("mid/%d offset %d: %v after offset %d", p, r.Offset, from, before)
		}
		last[source] = from.offset
	})
}

// marks: a source's watermark never goes back, is what its records say, never overtakes them, and has
// come to its end.
func (v *verifier) marks(p int32) {
	positions := make(map[place]int64) // in mid
	v.touches(p, func(r *pipeline.Record, from place) { positions[from] = r.Offset })
	last := make(map[place]int64)
	for _, r := range v.log("mid", p) {
		if !isControl(r) {
			continue
		}
		for _, m := range decodeControl(r.Value) {
			source := place{topic: m.topic, partition: int32(m.partition)}
			before, spoken := last[source]
			if spoken && m.watermark < before {
				v.errorf("mid/%d offset %d: watermark of %v goes back from %d to %d", p, r.Offset, source, before, m.watermark)
			}
			if last[source] = m.watermark; m.watermark != never {
				v.covered(source, m, r, positions)
			}
		}
	}
	v.ended(p, last)
}

// ended: the last watermark of each source is what its records say.
func (v *verifier) ended(p int32, last map[place]int64) {
	for _, topic := range []string{"web", "ehr"} {
		for i := range v.world.cluster.topics[topic] {
			source := place{topic: topic, partition: int32(i)}
			_, end := v.raisedBy(source, 0)
			if v.world.drained {
				end = v.forced()
			}
			if last[source] != end {
				v.errorf("mid/%d: last watermark of %v is %d, want %d", p, source, last[source], end)
			}
		}
	}
}

// bound is the channel's bound on disorder.
func (v *verifier) bound(topic string) int64 {
	if topic == "ehr" {
		return 3 * int64(v.world.settings.Bound)
	}
	return int64(v.world.settings.Bound)
}

// raisedBy finds the record that raised a source's watermark to w, and its last watermark.
func (v *verifier) raisedBy(source place, w int64) (offset, end int64) {
	offset, end = -1, never
	bound := v.bound(source.topic)
	for _, r := range v.log(source.topic, source.partition) {
		t, err := parseTouch(r.Value)
		if err != nil || t.key == "panic" {
			continue
		}
		end = max(end, int64(t.at)-bound)
		if end == w && offset < 0 {
			offset = r.Offset
		}
	}
	return offset, end
}

// forced is the watermark that ends the input by force.
func (v *verifier) forced() int64 {
	newest := int64(never)
	for _, topic := range []string{"web", "ehr"} {
		for i := range v.world.cluster.topics[topic] {
			if _, end := v.raisedBy(place{topic: topic, partition: int32(i)}, 0); end != never {
				newest = max(newest, end+v.bound(topic))
			}
		}
	}
	return newest + endMargin.Milliseconds()
}

// covered: everything up to the record that raised a watermark comes before it in mid, or, before a
// forced one, everything.
func (v *verifier) covered(source place, m controlMark, control *pipeline.Record, positions map[place]int64) {
	raised, _ := v.raisedBy(source, m.watermark)
	switch {
	case m.forced && v.world.drained && m.watermark == v.forced():
		raised = math.MaxInt64
	case m.forced || raised < 0:
		v.errorf("mid/%d offset %d: watermark %d of %v is no record's", control.Partition, control.Offset, m.watermark, source)
	}
	for from, position := range positions {
		if from.topic == source.topic && from.partition == source.partition && from.offset <= raised && position > control.Offset {
			v.errorf("mid/%d offset %d: watermark %d of %v overtakes %v", control.Partition, control.Offset, m.watermark, source, from)
		}
	}
}

// patient: every output of a partition is what the model makes of it, in its order.
func (v *verifier) patient(p int32) {
	m := newModel(&v.world.settings, p)
	for _, r := range v.log("mid", p) {
		if r.Offset < v.world.cluster.offsets[pipeline.TopicPartition{Topic: "mid", Partition: p}].Offset {
			m.take(r)
		}
	}
	v.errs = append(v.errs, m.errs...)
	models := v.models(p)
	for _, topic := range []string{"out", "late", "windows", "silences", "duplicates", "dumps"} {
		var got []string
		for _, r := range v.log(topic, p) {
			value := string(r.Value)
			if topic == "out" {
				value, _, _ = strings.Cut(value, " model=")
			}
			got = append(got, value)
		}
		v.same(fmt.Sprintf("%s/%d", topic, p), got, m.outputs[topic])
	}
	v.personas(p, m)
	if models < 0 {
		v.errorf("out/%d: the model goes back, or was aborted", p)
	}
}

func (v *verifier) same(what string, got, want []string) {
	for i := range max(len(got), len(want)) {
		switch {
		case i >= len(got):
			v.errorf("%s: %d records, want %d, next %q", what, len(got), len(want), want[i])
			return
		case i >= len(want):
			v.errorf("%s: %d records, want %d, next %q", what, len(got), len(want), got[i])
			return
		case got[i] != want[i]:
			v.errorf("%s: record %d is\n\t%q, want\n\t%q", what, i, got[i], want[i])
			return
		}
	}
}

// models returns the last model of a partition's outputs, -1 if it ever went back.
func (v *verifier) models(p int32) int {
	last := 0
	for _, r := range v.log("out", p) {
		var n int
		_, model, _ := strings.Cut(string(r.Value), " model=")
		if _, err := fmt.Sscan(model, &n); err != nil || n < last {
			return -1
		}
		last = n
	}
	return last
}

// personas: the last version of each persona is what the model has; versions never go back.
func (v *verifier) personas(p int32, m *model) {
	last := make(map[string]modelPerson)
	for _, r := range v.log("personas", p) {
		var key string
		var who modelPerson
		if _, err := fmt.Sscanf(string(r.Value), "%s %d %d %x", &key, &who.count, &who.silences, &who.chain); err != nil {
			v.errorf("personas/%d: %q: %v", p, r.Value, err)
		}
		if old := last[key]; who.count < old.count || who.silences < old.silences || who == old {
			v.errorf("personas/%d offset %d: %q after %+v", p, r.Offset, r.Value, old)
		}
		last[key] = who
	}
	for key, who := range m.people {
		if got := last[key]; got.count != who.count || got.silences != who.silences || got.chain != who.chain {
			v.errorf("personas/%d: %s is %+v, want %+v", p, key, got, *who)
		}
	}
	if len(last) != len(m.people) {
		v.errorf("personas/%d: %d keys, want %d", p, len(last), len(m.people))
	}
}

// versions: early results of a window rise in revision and never lose a record; epochs rise.
func (v *verifier) versions(p int32) {
	type version struct{ epoch, revision, n int64 }
	last := make(map[string]version)
	epoch := int64(0)
	for _, r := range v.log("early", p) {
		var window string
		var now version
		if _, err := fmt.Sscan(string(r.Value), &window, &now.epoch, &now.revision, &now.n); err != nil {
			v.errorf("early/%d: %q: %v", p, r.Value, err)
		}
		if old := last[window]; now.epoch < epoch || now.revision != old.revision+1 || now.n <= old.n {
			v.errorf("early/%d offset %d: %q after %+v in epoch %d", p, r.Offset, r.Value, old, epoch)
		}
		last[window], epoch = now, now.epoch
	}
}
