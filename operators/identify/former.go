package identify

import (
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// How a site goes over from the spelling of its sources to form 1, with identify.former_form: as-written.
// A value that is in form has the same shard before and after: nothing moves. For another one there are
// two shards, that of the spelling and that of the form:
//
//	INGEST    finds no owner of the form, but one of the spelling: the journey goes on there
//	IDENTITY  a link that names the spelling gives the form to the spelling's person, and from then on
//	          both shards have one owner: what was known before is the same persona's
//
// Anonymous journeys under another spelling than the form begin anew unless a link names them;
// attune reprocess brings those over, too (docs/identity.md).

// lookNow is look, after which the form belongs to whoever the spelling belonged to.
func (i *identity) lookNow(ctx *pipeline.Context, id *schemas.Identifier) holding {
	h := i.look(id)
	if h.former == "" || h.entered {
		return h
	}
	then := i.hash(h.kind, h.former)
	if then.isPseudonym() {
		return h
	}
	if f := i.founders.Get(then.shard); f != nil {
		founder := f.Clone()
		founder.Shard = h.shard
		i.founders.Put(h.shard, founder)
	}
	i.enter(ctx, h, then.owner, h.epoch+1, schemas.StandingOnePerson)
	i.move(ctx, h, then.owner)
	return i.look(id)
}

// follow moves the shard of a former spelling along with that of the form. A spelling that a person was
// minted for stays.
func (i *identity) follow(ctx *pipeline.Context, h holding, to string) {
	if h.former == "" {
		return
	}
	then := i.hash(h.kind, h.former)
	if to == h.pseudonym {
		to = then.pseudonym
	}
	if then.owner == to || i.founders.Get(then.shard) != nil {
		return
	}
	i.enter(ctx, then, to, then.epoch+1, schemas.StandingOnePerson)
	i.move(ctx, then, to)
}
