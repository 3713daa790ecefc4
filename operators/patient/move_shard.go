package patient

import (
	"fmt"
	"strings"

	"github.com/attune-health/attune/operators/emit"
	"github.com/attune-health/attune/operators/person"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// hold keeps a record until the shard arrives with epoch wait.
func (p *patient) hold(ctx *pipeline.Context, in *schemas.Identified, wait int32) {
	p.judge(ctx, in)
	h := p.Held.GetOrCreate(in.PersonRef.Reveal() + "/" + in.Shard)
	h.Records = append(h.Records, schemas.HeldRecord{Epoch: wait, Record: in.AppendAvro(nil)})
}

// judge notes the watermark by which a record is late or not, the first time only.
func (p *patient) judge(ctx *pipeline.Context, in *schemas.Identified) {
	if in.JudgedBy != emit.NotJudged || in.Payload.Kind != schemas.IdentifiedPayloadTouchpoint {
		return
	}
	at, _ := ctx.Watermark(person.ChannelBit(in.Payload.Touchpoint.Channel))
	in.JudgedBy = schemas.Millis(max(at, 0)) // before all event times where the channel has not spoken
}

// forward sends a record after its shard.
func (p *patient) forward(ctx *pipeline.Context, in *schemas.Identified, to string, epoch int32) {
	p.judge(ctx, in)
	in.PersonRef, in.Epoch = schemas.PersonRef(to), epoch
	p.send(ctx, in)
	if in.Payload.Kind == schemas.IdentifiedPayloadTouchpoint && in.Payload.Touchpoint.Channel == schemas.ChannelCall {
		ctx.Urgent()
	}
}

func (p *patient) send(ctx *pipeline.Context, in *schemas.Identified) {
	p.buf = in.AppendAvro(emit.AppendFrame(p.buf[:0], p.config.Emit.Schemas.Identified))
	p.Key = append(p.Key[:0], in.PersonRef...)
	ctx.Emit(p.identified, p.Key, p.buf)
}

// moveShard hands a shard over. A MoveShard that has been carried out already (a copy, which only
// at-least-once delivery makes) changes nothing.
func (p *patient) moveShard(ctx *pipeline.Context, in *schemas.Identified) error {
	owner := in.PersonRef.Reveal()
	who := p.Person(owner)
	place, i, _, _ := p.Place(who, owner, in.Shard, in.Epoch-1)
	switch place {
	case person.PlaceGone:
		return nil
	case person.PlaceAwaited:
		p.hold(ctx, in, in.Epoch-1)
		return nil
	case person.PlaceHere:
		if who.Shards[i].State.Epoch >= in.Epoch {
			return nil
		}
	case person.PlaceUnseen:
		who = p.PersonOrNew(owner)
	}
	return p.handOver(ctx, in, who, i)
}

func (p *patient) handOver(ctx *pipeline.Context, in *schemas.Identified, who *person.Person, i int) error {
	to := strings.Clone(in.Payload.MoveShard.To.Reveal())
	moved := &p.moved
	*moved = schemas.MovedState{}
	if i >= 0 {
		moved.Shard = schemas.Some(*who.Shards[i].State)
		p.timers.Disarm(ctx, who.Shards[i].Key)
	}
	p.Evict(who, in.Shard, schemas.ShardState{Epoch: -1, MovedEpoch: in.Epoch, MovedTo: schemas.PersonRef(to)})
	if len(who.Shards) == 0 {
		moved.Person = schemas.Some(*who.State)
		p.leaveEmpty(ctx, who, to)
	} else {
		p.changes.Note(who)
	}
	p.sendMoved(ctx, to, who.Ref, in)
	return p.regrouped(ctx, who)
}

func (p *patient) sendMoved(ctx *pipeline.Context, to, from string, in *schemas.Identified) {
	out := &p.out
	*out = schemas.Identified{
		PersonRef: schemas.PersonRef(to), Shard: in.Shard, Epoch: in.Epoch, JudgedBy: emit.NotJudged,
		IngestedAt: in.IngestedAt, SourcePartition: -1, SourceOffset: -1,
	}
	out.Payload.Kind = schemas.IdentifiedPayloadShardMoved
	out.Payload.ShardMoved.From = schemas.PersonRef(from)
	out.Payload.ShardMoved.State = p.moved.AppendAvro([]byte{person.StateVersion})
	p.send(ctx, out)
	ctx.Urgent()
}

// leaveEmpty makes a tombstone of a person whose last shard has gone: what names the person from now
// on is forwarded, and the persona is withdrawn.
func (p *patient) leaveEmpty(ctx *pipeline.Context, who *person.Person, to string) {
	if who.State.Published {
		p.Key = append(p.Key[:0], who.Ref...)
		ctx.Emit(p.personas, p.Key, nil)
	}
	*who.State = schemas.PersonState{Shards: who.State.Shards[:0], MovedTo: schemas.PersonRef(to), Counted: who.State.Counted}
}

// shardMoved takes a shard in, and then what has waited for it.
func (p *patient) shardMoved(ctx *pipeline.Context, in *schemas.Identified) error {
	owner := in.PersonRef.Reveal()
	if who := p.Person(owner); who != nil {
		if i := who.Find(in.Shard); i >= 0 {
			if who.Shards[i].State.Epoch >= in.Epoch {
				return nil
			}
			return pipeline.Corruptf("shard moved to an owner who has it: epoch %d after %d", in.Epoch, who.Shards[i].State.Epoch)
		}
	}
	if st := p.At(owner, in.Shard); st != nil && st.MovedEpoch > in.Epoch {
		return nil
	}
	state := in.Payload.ShardMoved.State.Reveal()
	moved := &p.moved
	*moved = schemas.MovedState{}
	if err := person.DecodeState(state, moved); err != nil {
		return pipeline.Corruptf("state of a moved shard: %w", err)
	}
	shard := moved.Shard.V
	p.Names.KeepWords(&shard)
	shard.Epoch, shard.MovedEpoch, shard.MovedTo = in.Epoch, 0, ""
	who := p.PersonOrNew(owner)
	i := p.Install(who, in.Shard, shard)
	if moved.Person.OK {
		p.Names.KeepPersonWords(&moved.Person.V)
		p.MergePolicy(&who.State.Policy, &moved.Person.V.Policy)
	}
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

// release takes up what has waited for a shard: the records first, then the next MoveShard, which
// would only have them forwarded. What waits for a later epoch waits on.
func (p *patient) release(ctx *pipeline.Context, owner, shard string) error {
	key := owner + "/" + shard
	h := p.Held.Get(key)
	if h == nil {
		return nil
	}
	records := h.Records
	p.Held.Delete(key)
	epoch := p.At(owner, shard).Epoch
	for _, moves := range []bool{false, true} {
		for i := range records {
			if err := p.resume(ctx, &records[i], epoch, moves); err != nil {
				return err
			}
		}
	}
	for i := range records {
		if records[i].Record != nil {
			later := p.Held.GetOrCreate(key)
			later.Records = append(later.Records, records[i])
		}
	}
	return nil
}

func (p *patient) resume(ctx *pipeline.Context, h *schemas.HeldRecord, epoch int32, moves bool) error {
	if h.Record == nil || h.Epoch > epoch {
		return nil
	}
	in := new(schemas.Identified)
	if err := schemas.DecodeWhole(in, h.Record.Reveal()); err != nil {
		return pipeline.Corruptf("held record: %w", err)
	}
	if isMove := in.Payload.Kind == schemas.IdentifiedPayloadMoveShard; isMove != moves {
		return nil
	}
	h.Record = nil
	if err := p.take(ctx, in); err != nil {
		return fmt.Errorf("take up a held record: %w", err)
	}
	return nil
}
