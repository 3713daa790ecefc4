package pipeline

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// replay brings a restored task from its last checkpoint to its last commit: it takes the same inputs
// in the order that the order records say, emits into nothing, and compares what it would have sent
// with what was.
//
//	Restore...Restore  Resume  Step(broadcasts)...  Step(source records)...  Step(InputReplayed)
//	checkpoint, orders         kept until due       ticks and broadcasts     next epoch
//	                                                go between, as logged
type replay struct {
	// orders are the commits to be replayed, from the one at hand on.
	orders []order
	// steps is what is left of orders[0].
	steps reader
	// left is how many source records of the step at hand are still to come.
	left uint64
	// now is the processing time that the steps have reached: a replay lives in the time of what it
	// repeats.
	now Time
	// broadcasts are copies of records that came before it was their turn. Those that were not taken
	// before the last commit stay, and are given at the end.
	broadcasts []Record
	// committed and epoch are what the next epoch begins from.
	committed OffsetCommit
	epoch     int32
}

// OnReplayDifference is what a task does whose replay comes out otherwise than what was sent: its readers have
// outputs that its state does not account for.
type OnReplayDifference uint8

const (
	// ReplayStops: the task stops, and takes nothing more until it is restored anew. Nothing is lost.
	ReplayStops OnReplayDifference = iota
	// ReplayResumes: the difference is counted, and the task goes on with the state that its replay made.
	ReplayResumes
)

// Replayed says what became of a task's replay.
type Replayed struct {
	// Commits is how many commits were replayed.
	Commits int
	// Offsets is how many offsets of the source they span.
	Offsets int64
	// NewBuild: another build or configuration had made the commits.
	NewBuild bool
	// Differences counts commits whose outputs came out otherwise, and inputs that were gone. It is 0 unless
	// the policy is ReplayResumes; otherwise the first difference stops the task.
	Differences int
}

// Replayed returns what was replayed before the task went on.
func (t *Task) Replayed() Replayed { return t.replayed }

// Unreplayed returns the offsets of the source records that the task must be given before anything
// else, up to without to. False: nothing is to be replayed. from and to are equal where the commits
// took no source records.
func (t *Task) Unreplayed() (from, to int64, ok bool) {
	if t.phase != phaseReplaying {
		return 0, 0, false
	}
	return t.saved.position, t.orders().to, true
}

// orders is the last order record of the replay: where it is to end.
func (t *Task) orders() *order { return &t.replay.orders[len(t.replay.orders)-1] }

// restoreOrder keeps an order record. A copy of the changelog gives them in no order, and again what is
// read behind its position. Which of them count is decided when all are there.
func (t *Task) restoreOrder(value []byte) error {
	if value == nil {
		return nil
	}
	o, err := decodeOrder(bytes.Clone(value))
	if err != nil {
		return err
	}
	t.unreplayed = append(t.unreplayed, o)
	return nil
}

// checkOrders checks that the order records lead from the checkpoint to the committed offset without a
// gap. ours: the committed offset is a task's, and not set by somebody from outside, who may have moved
// the group on purpose. Records of earlier checkpoints are left out: compaction has only not come to
// them yet. A gap is KindCorrupt, since a task that passed over a commit would go on with a state that
// never was.
func (t *Task) checkOrders(c OffsetCommit, ours bool) error {
	if !t.saved.orders {
		t.unreplayed = nil // of before order records were switched off
		return nil
	}
	t.unreplayed = slices.DeleteFunc(t.unreplayed, func(o order) bool {
		return o.epoch < t.epoch || o.epoch == t.epoch && o.checkpoint < t.saved.number
	})
	slices.SortStableFunc(t.unreplayed, func(a, b order) int { return cmp.Compare(a.commit, b.commit) })
	t.unreplayed = slices.CompactFunc(t.unreplayed, func(a, b order) bool { return a.commit == b.commit })
	at := t.saved.position
	for i := range t.unreplayed {
		o := &t.unreplayed[i]
		if o.epoch != t.epoch || o.checkpoint != t.saved.number || o.commit != uint64(i)+1 || o.from != at {
			return Corruptf("order records: after offset %d comes %v, want commit %d after checkpoint %d of epoch %d", at, o, i+1, t.saved.number, t.epoch)
		}
		at = o.to
	}
	if ours && at != c.Offset {
		return Corruptf("order records end at offset %d, the last commit was at %d: the rest of them is missing", at, c.Offset)
	}
	return nil
}

// beginReplay takes the task back to the moment of its checkpoint, with the clock and position of then. It does
// not matter which build or configuration made the commits: one that makes the same of them may go on, and
// whether this one does is seen.
func (t *Task) beginReplay(c OffsetCommit, epoch int32) {
	own := &t.saved.own
	t.own.newest, t.own.watermark, t.own.idle, t.own.forced = own.newest, own.watermark, own.idle, own.forced
	t.position = t.saved.position
	t.timers.fresh = true
	t.refresh()
	t.order.on = true // for the hash
	t.order.begin(t.position)
	t.phase, t.replay = phaseReplaying, &replay{orders: t.unreplayed, committed: c, epoch: epoch}
	t.replay.steps = reader{b: t.unreplayed[0].steps}
	t.replayed = Replayed{Commits: len(t.unreplayed), Offsets: t.orders().to - t.position, NewBuild: t.otherBuild() || t.otherSettings()}
	t.unreplayed = nil
}

// otherBuild reports whether another program wrote the checkpoint, otherSettings whether one with another topology
// or other settings did.
func (t *Task) otherBuild() bool    { return t.saved.build != t.setup.env.Build }
func (t *Task) otherSettings() bool { return t.saved.topology != t.fingerprint }

// replayRecord takes the next source record, after everything that is to come before it: ticks and
// broadcasts that lay between are done at their place, so that timers and watermarks meet the record as
// they did. Records before the checkpoint are passed over.
func (t *Task) replayRecord(r *Record) error {
	p := t.replay
	if r.Offset < t.saved.position {
		return nil
	}
	for {
		switch {
		case len(p.orders) == 0:
			return Corruptf("no order record has this source record")
		case p.left > 0 && r.Offset < t.position:
			return Corruptf("%v: has no such source record", &p.orders[0])
		case p.left > 0 && r.Offset < p.orders[0].to:
			p.left--
			t.ctx.now = p.now
			return t.record(r)
		}
		if err := t.replayStep(); err != nil {
			return err
		}
	}
}

// replayStep carries out the next step that is not a record of the source, or ends a commit. Records
// that are still expected at that point are gone from the source, by retention or compaction.
func (t *Task) replayStep() error {
	p := t.replay
	if p.left > 0 {
		n := p.left
		p.left = 0
		if err := t.differs("%d records of the source are gone: retention.ms of %s must be longer than the longest downtime", n, t.id.Source.Topic); err != nil {
			return err
		}
	}
	t.ctx.now = p.now
	if len(p.steps.b) == 0 {
		return t.replayCommit()
	}
	s := p.steps.step()
	switch s.kind {
	case stepRecords:
		p.left = s.argument
	case stepNow:
		p.now += s.by()
	case stepTick:
		if s.argument == 1 {
			t.own.idle, t.own.changed = true, true
		}
		_, err := t.ticked(s.argument == 1)
		return err
	case stepBroadcast:
		return t.replayBroadcast(&s)
	case stepEnd:
		return t.end(s.forced)
	}
	return nil
}

// replayCommit ends the commit at hand and compares it with what it was. Equal hashes mean that the
// same was emitted and that time stands where it stood: the state that led to it is trusted then.
func (t *Task) replayCommit() error {
	p := t.replay
	o := &p.orders[0]
	if err := errors.Join(t.coalesced(), t.ctx.err); err != nil {
		return err
	}
	t.position = o.to
	t.trim()
	if got := t.summed(); got != o.hash {
		if err := t.differs("what it makes of the same input is not what was sent (hash %016x, sent %016x)", uint64(got), uint64(o.hash)); err != nil {
			return err
		}
	}
	t.order.begin(t.position)
	p.orders, p.now = p.orders[1:], 0
	if len(p.orders) > 0 {
		p.steps = reader{b: p.orders[0].steps}
	}
	return nil
}

// summed is the hash of what was emitted since the last commit and of what the engine knows now.
// Watermarks and the number of timers are in it, since a difference there would show in outputs only
// later.
func (t *Task) summed() outputHash {
	h := t.order.hash
	for i, mark := range t.marks.times {
		h.number(uint64(mark))
		h.number(uint64(t.marks.basis[i]))
	}
	h.number(uint64(t.own.watermark))
	h.number(uint64(t.own.basis()))
	h.number(uint64(t.timers.len()))
	return h
}

// ReasonReplayDiffers is of the error of a replay that cannot repeat what was.
const ReasonReplayDiffers = "replay-differs"

// differs is what a replay does when it finds that it cannot repeat what was: it stops the task with an error of
// ReasonReplayDiffers, or counts that and goes on, as the policy says. The error names the commit by numbers, and
// holds nothing of a record.
func (t *Task) differs(format string, args ...any) error {
	if t.setup.env.OnReplayDifference == ReplayResumes {
		t.replayed.Differences++
		return nil
	}
	return Refused(ReasonReplayDiffers, fmt.Errorf("task %v: replay of %v, %d of %d since the last checkpoint: %s. %s", t.id, &t.replay.orders[0],
		t.replayed.Commits-len(t.replay.orders)+1, t.replayed.Commits, fmt.Sprintf(format, args...), t.whyDiffers()))
}

// whyDiffers says what may have led to a difference, and what can be done.
func (t *Task) whyDiffers() string {
	made := "The same build and settings made it, so that this is a defect or a loss: keep the topics as evidence"
	switch {
	case t.otherBuild() && t.otherSettings():
		made = "Another build with other settings made it"
	case t.otherBuild():
		made = "Another build made it"
	case t.otherSettings():
		made = "This build made it with other settings"
	}
	if t.otherBuild() || t.otherSettings() {
		made += ": start that one again and stop it cleanly"
	}
	return made + ", or set run.on_replay_difference to resume, which goes on with what this replay makes"
}

// keep copies a broadcast record until it is due. The record's bytes are the fetcher's, and are used
// anew.
func (p *replay) keep(r *Record) {
	c := *r
	c.Topic = strings.Clone(r.Topic)
	c.Key, c.Value, c.Headers = bytes.Clone(r.Key), bytes.Clone(r.Value), slices.Clone(r.Headers)
	for i := range c.Headers {
		c.Headers[i].Value = bytes.Clone(c.Headers[i].Value)
	}
	p.broadcasts = append(p.broadcasts, c)
}

// replayBroadcast gives the broadcast that a step names to the processor. It has been kept, since the
// driver gives all broadcasts before the first source record.
func (t *Task) replayBroadcast(s *decodedStep) error {
	p := t.replay
	if s.argument >= uint64(len(t.role.Broadcasts)) {
		return t.differs("broadcast %d is not one of the role's", s.argument)
	}
	topic := t.role.Broadcasts[s.argument]
	i := slices.IndexFunc(p.broadcasts, func(r Record) bool {
		return r.Offset == s.offset && r.Partition == s.partition && r.Topic == topic
	})
	if i < 0 {
		return t.differs("broadcast %s/%d offset %d is gone: min.compaction.lag.ms must be longer than the longest downtime", topic, s.partition, s.offset)
	}
	r := p.broadcasts[i]
	p.broadcasts = slices.Delete(p.broadcasts, i, i+1)
	return t.give(t.broadcastAt(topic, s.partition), &r)
}

// endReplay does what is left of the order records and begins the next epoch. Broadcasts that the last
// commit had not seen come now, as inputs of the new epoch. It does nothing where there was no replay,
// so that a driver may always say InputReplayed.
func (t *Task) endReplay() error {
	if t.phase != phaseReplaying {
		return nil
	}
	p := t.replay
	now := t.ctx.now
	for len(p.orders) > 0 {
		if err := t.replayStep(); err != nil {
			return err
		}
	}
	t.replay = nil
	t.own.quietSince = MinTime
	t.resumed(p.committed, p.epoch)
	t.ctx.now = now
	for i := range p.broadcasts {
		r := &p.broadcasts[i]
		if err := t.give(t.broadcastAt(r.Topic, r.Partition), r); err != nil {
			return err
		}
	}
	return nil
}
