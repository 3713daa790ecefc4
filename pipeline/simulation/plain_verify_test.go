package simulation

import (
	"fmt"
	"strings"

	"github.com/attune-health/attune/pipeline"
)

// What must hold at least once: each input has come to effect, none was invented, and no committed
// offset speaks of more than is in the logs. The state of each partition of mid is one that some order of
// its records leads to, in which each is there once or more often:
//
//	mid   e1 e2 e3           as ingest wrote them
//	      e1 e2 | e2 e3      as patient took them: a crash between, its offset was that of e2
//
// Each output says by a chain of hashes after which others of its key it was made, so that the outputs
// of a key are a tree, and its state is at one of the ends.

// replays verifies one partition of mid and what patient made of it.
func (v *verifier) replays(p int32) {
	t := &tree{verifier: v, where: fmt.Sprintf("out/%d", p), ids: make(map[string]string), nodes: make(map[string]*node)}
	v.firstOrder(p)
	v.firstMarks(p)
	v.touches(p, func(r *pipeline.Record, _ place) {
		f := strings.Fields(string(r.Value))
		t.ids[f[0]] = f[1]
	})
	for _, r := range v.log("out", p) {
		t.grow(string(r.Value))
	}
	dumps := v.log("dumps", p)
	if len(dumps) == 0 {
		v.errorf("dumps/%d: none", p)
		return
	}
	people := t.people(string(dumps[len(dumps)-1].Value))
	v.newestPersonas(p, people)
	v.windowsHold(p, t.ids)
}

// firstOrder: what came from one source partition came first in its order.
func (v *verifier) firstOrder(p int32) {
	last, seen := make(map[place]int64), make(map[place]bool)
	v.touches(p, func(r *pipeline.Record, from place) {
		source := place{topic: from.topic, partition: from.partition}
		if before, ok := last[source]; ok && from.offset <= before && !seen[from] {
			v.errorf("mid/%d offset %d: %v first comes after offset %d", p, r.Offset, from, before)
		}
		last[source], seen[from] = max(last[source], from.offset), true
	})
}

// firstMarks: a source's watermark never overtakes records that it speaks of, and has come to its end.
func (v *verifier) firstMarks(p int32) {
	positions := make(map[place]int64)
	v.touches(p, func(r *pipeline.Record, from place) {
		if _, ok := positions[from]; !ok {
			positions[from] = r.Offset
		}
	})
	highest := make(map[place]int64)
	for _, r := range v.log("mid", p) {
		if !isControl(r) {
			continue
		}
		for _, m := range decodeControl(r.Value) {
			source := place{topic: m.topic, partition: int32(m.partition)}
			if m.watermark != never {
				v.covered(source, m, r, positions)
			}
			if old, ok := highest[source]; !ok || m.watermark > old {
				highest[source] = m.watermark
			}
		}
	}
	v.ended(p, highest)
}

// tree is the outputs of a partition by how they follow from each other.
type tree struct {
	*verifier
	where string
	ids   map[string]string // keys of touches, by id
	nodes map[string]*node  // by key, count and chain
}

// node is the state of a key after a touch.
type node struct {
	id     string
	before *node // nil for the first
}

func nodeName(key string, count int64, chain uint64) string {
	return fmt.Sprintf("%s %d %x", key, count, chain)
}

// grow takes one output.
func (t *tree) grow(value string) {
	var count int64
	var h uint64
	head, tail, _ := strings.Cut(value, " count=")
	f := strings.Fields(head)
	id, key := f[0], f[1]
	if _, err := fmt.Sscanf(tail, "%d chain=%x", &count, &h); err != nil {
		t.errorf("%s: %q: %v", t.where, value, err)
		return
	}
	if t.ids[id] != key {
		t.errorf("%s: %q: mid has no such touch", t.where, value)
	}
	name := nodeName(key, count, h)
	if t.nodes[name] != nil {
		t.world.met["output twice"]++
		return
	}
	if count == 1 && h == chain(0, id) {
		t.nodes[name] = &node{id: id}
		return
	}
	for other, n := range t.nodes {
		var k string
		var c int64
		var before uint64
		if _, err := fmt.Sscanf(other, "%s %d %x", &k, &c, &before); err == nil && k == key && c == count-1 && chain(before, id) == h {
			t.nodes[name] = &node{id, n}
			return
		}
	}
	t.errorf("%s: %q follows from no output before it", t.where, value)
}

// people reads the dump of the end: each person's state is an output's, and each touch is in it.
func (t *tree) people(dump string) map[string]modelPerson {
	out, taken, total := make(map[string]modelPerson), make(map[string]bool), int64(0)
	for _, line := range strings.Split(dump, "\n") {
		var key string
		var who modelPerson
		if n, _ := fmt.Sscanf(line, "person %s %d %x %d %d", &key, &who.count, &who.chain, &who.newest, &who.silences); n < 5 {
			continue
		}
		out[key] = who
		total += who.count
		end := t.nodes[nodeName(key, who.count, who.chain)]
		if end == nil {
			t.errorf("%s: the state of %s is no output's: %+v", t.where, key, who)
		}
		for n := end; n != nil; n = n.before {
			if taken[n.id] {
				t.world.met["effect twice"]++
			}
			taken[n.id] = true
		}
	}
	for id := range t.ids {
		if !taken[id] {
			t.errorf("%s: %s is not in the state of %s", t.where, id, t.ids[id])
		}
	}
	if want := fmt.Sprintf(" total=%d", total); !strings.Contains(dump, want+"\n") {
		t.errorf("%s: the dump of the end has not%s:\n%s", t.where, want, dump)
	}
	return out
}

// newestPersonas: the last version of each persona is the state.
func (v *verifier) newestPersonas(p int32, people map[string]modelPerson) {
	last := make(map[string]string)
	for _, r := range v.log("personas", p) {
		last[string(r.Key)] = string(r.Value)
	}
	for key, who := range people {
		if want := fmt.Sprintf("%s %d %d %x", key, who.count, who.silences, who.chain); last[key] != want {
			v.errorf("personas/%d: %q, want %q", p, last[key], want)
		}
	}
}

// windowsHold: each touch is late, or in a window that has ended, but for those that end all others.
func (v *verifier) windowsHold(p int32, ids map[string]string) {
	late, sums, want, counted := make(map[string]bool), make(map[string]int64), make(map[string]int64), make(map[string]bool)
	for _, r := range v.log("late", p) {
		late[strings.Fields(string(r.Value))[0]] = true
	}
	for _, r := range v.log("windows", p) {
		var window string
		var n int64
		if _, err := fmt.Sscanf(string(r.Value), "%s n=%d", &window, &n); err != nil {
			v.errorf("windows/%d: %q: %v", p, r.Value, err)
		}
		sums[window] += n
	}
	v.touches(p, func(r *pipeline.Record, _ place) {
		f := strings.Fields(string(r.Value))
		var at int64
		if _, err := fmt.Sscan(f[2], &at); err != nil {
			v.errorf("mid/%d: %q: %v", p, r.Value, err)
		}
		if !late[f[0]] && !counted[f[0]] && !strings.HasPrefix(f[0], "close-") {
			counted[f[0]] = true
			want[fmt.Sprintf("%s@%d", ids[f[0]], at-at%windowSize+windowSize)]++
		}
	})
	for window, n := range want {
		if sums[window] < n {
			v.errorf("windows/%d: %s counts %d touches, want %d at least", p, window, sums[window], n)
		}
	}
}

// produced implements job: of what the offset says is done something is in the logs.
func (j *engineJob) produced(o pipeline.OffsetCommit) {
	w := j.world
	for topic := range enginePartitions(1) {
		for _, p := range w.cluster.topics[topic] {
			for ; j.looked[p.tp] < len(p.entries); j.looked[p.tp]++ {
				j.came[outcomeOf(&p.entries[j.looked[p.tp]].record)] = true
			}
		}
	}
	p := w.cluster.partition(o.TopicPartition)
	for ; j.checked[p.tp] < int(o.Offset); j.checked[p.tp]++ {
		e := &p.entries[j.checked[p.tp]]
		if !e.visible() || isControl(&e.record) {
			continue
		}
		if want := inputOf(&e.record); !j.came[want] {
			w.fail("offset %d of %s is committed, and nothing came of %q at %d", o.Offset, name(p.tp), e.record.Value, e.record.Offset)
		}
	}
}

// inputOf names what must come of a source record.
func inputOf(r *pipeline.Record) string {
	switch {
	case r.Topic != "mid":
		return fmt.Sprintf("%s %d %d", r.Topic, r.Partition, r.Offset)
	case string(r.Key) == "dump":
		return fmt.Sprintf("dump %d %s", r.Partition, r.Value)
	}
	return fmt.Sprintf("touch %d %s", r.Partition, strings.Fields(string(r.Value))[0])
}

// outcomeOf names the source record that an output came of, as inputOf does.
func outcomeOf(r *pipeline.Record) string {
	f := strings.Fields(string(r.Value))
	switch {
	case isControl(r):
	case r.Topic == "mid" && len(f) > 5:
		return strings.Join(f[3:6], " ")
	case r.Topic == "rejected":
		return strings.Join(f[:3], " ")
	case r.Topic == "out" || r.Topic == "duplicates":
		return fmt.Sprintf("touch %d %s", r.Partition, f[0])
	case r.Topic == "dumps":
		return fmt.Sprintf("dump %d %s", r.Partition, f[1])
	}
	return ""
}
