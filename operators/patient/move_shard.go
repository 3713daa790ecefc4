package patient

import (
	"fmt"
	"strings"

	"github.com/attune-health/attune/operators/emit"
	"github.com/attune-health/attune/operators/person"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// hold keeps a record until the shard arrives with epoch wait. Held records are state: they survive a
// restart, and are written with the offset of the record. They are kept as bytes, since in is used anew.
// Nothing bounds them but the time that a move takes, which is that of one record from task to task.
func (p *patient) hold(ctx *pipeline.Context, in *schemas.Identified, wait int32) {
	p.judge(ctx, in)
	h := p.Held.GetOrCreate(in.PersonRef.Reveal() + "/" + in.Shard)
	h.Records = append(h.Records, schemas.HeldRecord{Epoch: wait, Record: in.AppendAvro(nil)})
}

// judge notes the watermark by which a record is late or not, the first time only. It goes with the record
// when that is forwarded or held: the time that a move takes must not make anything late.
func (p *patient) judge(ctx *pipeline.Context, in *schemas.Identified) {
	// Judged by the task that met it first.
	if in.JudgedBy != emit.NotJudged || in.Payload.Kind != schemas.IdentifiedPayloadTouchpoint {
		return
	}
	at, _ := ctx.Watermark(person.ChannelBit(in.Payload.Touchpoint.Channel))
	// Before all event times where the channel has not spoken.
	in.JudgedBy = schemas.Millis(max(at, 0))
}

// forward sends a record after its shard, as of the epoch of the move. The new owner then holds it if the
// shard has not arrived yet. A call is urgent, since somebody is on the phone.
func (p *patient) forward(ctx *pipeline.Context, in *schemas.Identified, to string, epoch int32) {
	p.judge(ctx, in)
	// The epoch makes the wait end: each hop knows of a later move than the one before.
	in.PersonRef, in.Epoch = schemas.PersonRef(to), epoch
	p.send(ctx, in)
	if in.Payload.Kind == schemas.IdentifiedPayloadTouchpoint && in.Payload.Touchpoint.Channel == schemas.ChannelCall {
		ctx.Urgent()
	}
}

// send writes a record to the identified topic, by which it comes to the person's task: maybe this one.
func (p *patient) send(ctx *pipeline.Context, in *schemas.Identified) {
	p.buf = in.AppendAvro(emit.AppendFrame(p.buf[:0], p.config.Emit.Schemas.Identified))
	p.Key = append(p.Key[:0], in.PersonRef...)
	ctx.Emit(p.identified, p.Key, p.buf)
}

// moveShard hands a shard over. A MoveShard that has been carried out already (a copy, which only
// at-least-once delivery makes) changes nothing.
//
//	IDENTITY ─MoveShard(m)─► old owner ─ShardMoved(m), with the state─► new owner
//	                         leaves a tombstone                       takes in, releases what waited
func (p *patient) moveShard(ctx *pipeline.Context, in *schemas.Identified) error {
	owner := in.PersonRef.Reveal()
	who := p.Person(owner)
	// The move is for the shard as the move before has left it.
	place, i, _, _ := p.Place(who, owner, in.Shard, in.Epoch-1)
	switch place {
	case person.PlaceGone:
		return nil
	// The shard is still on its way here: the move waits as a touchpoint would.
	case person.PlaceAwaited:
		p.hold(ctx, in, in.Epoch-1)
		return nil
	case person.PlaceHere:
		// It went and has come back since.
		if who.Shards[i].State.Epoch >= in.Epoch {
			return nil
		}
	// Nothing has ever come for it. It moves all the same, empty: the new owner waits for the answer.
	case person.PlaceUnseen:
		who = p.PersonOrNew(owner)
	}
	return p.handOver(ctx, in, who, i)
}

// handOver takes the shard out of its person and sends its state to the new owner. Tombstone, state and
// what the rest of the person is now go out in one transaction: a shard is never in two places, and never
// in none.
func (p *patient) handOver(ctx *pipeline.Context, in *schemas.Identified, who *person.Person, i int) error {
	to := strings.Clone(in.Payload.MoveShard.To.Reveal())
	moved := &p.moved
	*moved = schemas.MovedState{}
	// A copy of the struct, whose lists nobody writes to any more: the tombstone takes its place before it
	// is encoded. Timers are cleared here and follow from the state there.
	if i >= 0 {
		moved.Shard = schemas.Some(*who.Shards[i].State)
		p.timers.Disarm(ctx, who.Shards[i].Key)
	}
	p.Evict(who, in.Shard, schemas.ShardState{Epoch: -1, MovedEpoch: in.Epoch, MovedTo: schemas.PersonRef(to)})
	// The last shard takes with it what was kept of the person as a whole.
	if len(who.Shards) == 0 {
		moved.Person = schemas.Some(*who.State)
		p.leaveEmpty(ctx, who, to)
	} else {
		// The persona is that of the shards which are left.
		p.changes.Note(who)
	}
	p.sendMoved(ctx, to, who.Ref, in)
	return p.regrouped(ctx, who)
}

// sendMoved writes ShardMoved for the new owner. It is urgent: touchpoints wait for it.
func (p *patient) sendMoved(ctx *pipeline.Context, to, from string, in *schemas.Identified) {
	out := &p.out
	*out = schemas.Identified{
		PersonRef: schemas.PersonRef(to), Shard: in.Shard, Epoch: in.Epoch, JudgedBy: emit.NotJudged,
		IngestedAt: in.IngestedAt, SourcePartition: -1, SourceOffset: -1,
	}
	out.Payload.Kind = schemas.IdentifiedPayloadShardMoved
	out.Payload.ShardMoved.From = schemas.PersonRef(from)
	// The state begins with its version: the new owner may be a task of a later build.
	out.Payload.ShardMoved.State = p.moved.AppendAvro([]byte{person.StateVersion})
	p.send(ctx, out)
	ctx.Urgent()
}

// leaveEmpty makes a tombstone of a person whose last shard has gone: what names the person from now on is
// forwarded, and the persona is withdrawn. Counted stays: cells have counted the person.
func (p *patient) leaveEmpty(ctx *pipeline.Context, who *person.Person, to string) {
	p.withdraw(ctx, who)
	*who.State = schemas.PersonState{Shards: who.State.Shards[:0], MovedTo: schemas.PersonRef(to), Counted: who.State.Counted}
}

// shardMoved takes a shard in, and then what has waited for it. A copy of what was taken in already, or of
// what has moved on since, changes nothing.
func (p *patient) shardMoved(ctx *pipeline.Context, in *schemas.Identified) error {
	owner := in.PersonRef.Reveal()
	if who := p.Person(owner); who != nil {
		if i := who.Find(in.Shard); i >= 0 {
			if who.Shards[i].State.Epoch >= in.Epoch {
				return nil
			}
			// Two moves of one shard that both ended here without one that took it away: order was lost,
			// and going on would lose one of the states.
			return pipeline.Corruptf("shard moved to an owner who has it: epoch %d after %d", in.Epoch, who.Shards[i].State.Epoch)
		}
	}
	// It was here and has gone on: the tombstone is of a later move.
	if st := p.At(owner, in.Shard); st != nil && st.MovedEpoch > in.Epoch {
		return nil
	}
	// The state aliases the record; KeepWords gives it strings of its own.
	state := in.Payload.ShardMoved.State.Reveal()
	moved := &p.moved
	*moved = schemas.MovedState{}
	// A state that cannot be read stops the task: a person without their history would look like a new one.
	if err := person.DecodeState(state, moved); err != nil {
		return pipeline.Corruptf("state of a moved shard: %w", err)
	}
	shard := moved.Shard.V
	p.Names.KeepWords(&shard)
	// Its epoch is that of the move that brought it. What an earlier visit left as a tombstone is over.
	shard.Epoch, shard.MovedEpoch, shard.MovedTo = in.Epoch, 0, ""
	who := p.PersonOrNew(owner)
	i := p.Install(who, in.Shard, shard)
	// The pseudonym had no other shard: what was promised to it holds for whom it turns out to be.
	if moved.Person.OK {
		p.Names.KeepPersonWords(&moved.Person.V)
		p.MergePolicy(&who.State.Policy, &moved.Person.V.Policy)
	}
	// Order matters: figures of contacts first, then a call that is under way, then what has waited, which
	// may belong to that call.
	p.timers.Arm(ctx, &who.Shards[i])
	p.changes.Note(who)
	if err := p.regrouped(ctx, who); err != nil {
		return err
	}
	if err := p.arrived(ctx, in, who, i); err != nil {
		return err
	}
	return p.release(ctx, owner, in.Shard)
}

// release takes up what has waited for a shard: the records first, then the next MoveShard, which would
// only have them forwarded. What waits for a later epoch waits on.
func (p *patient) release(ctx *pipeline.Context, owner, shard string) error {
	key := owner + "/" + shard
	h := p.Held.Get(key)
	if h == nil {
		return nil
	}
	// Deleted first: taking a record up may hold it anew, under the same key.
	records := h.Records
	p.Held.Delete(key)
	epoch := p.At(owner, shard).Epoch
	for _, moves := range []bool{false, true} {
		// resume takes those that have their turn, and clears them.
		for i := range records {
			if err := p.resume(ctx, &records[i], epoch, moves); err != nil {
				return err
			}
		}
	}
	for i := range records {
		// In the order in which they came.
		if records[i].Record != nil {
			// Where taking up has held others meanwhile, they come before these.
			later := p.Held.GetOrCreate(key)
			later.Records = append(later.Records, records[i])
		}
	}
	return nil
}

// resume takes up a held record whose epoch has come, moves or others as moves says. It decodes into a
// record of its own: p.in is the one that has brought the shard, and is still in use.
func (p *patient) resume(ctx *pipeline.Context, h *schemas.HeldRecord, epoch int32, moves bool) error {
	if h.Record == nil || h.Epoch > epoch {
		return nil
	}
	in := new(schemas.Identified)
	if err := schemas.DecodeWhole(in, h.Record.Reveal()); err != nil {
		return pipeline.Corruptf("held record: %w", err)
	}
	// It has its turn in the other round.
	if isMove := in.Payload.Kind == schemas.IdentifiedPayloadMoveShard; isMove != moves {
		return nil
	}
	h.Record = nil
	if err := p.take(ctx, in); err != nil {
		return fmt.Errorf("take up a held record: %w", err)
	}
	return nil
}
