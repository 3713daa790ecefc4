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
// Links use it, and quarantine and release do not: these two make no person known under a new spelling.
// It writes, other than look: a link is the only moment at which both spellings are at hand.
func (i *identity) lookNow(ctx *pipeline.Context, id *schemas.Identifier) holding {
	h := i.look(id)
	// An entry of the form says that the site has gone over for this identifier. It must not be overwritten by
	// what the spelling was.
	if h.former == "" || h.entered {
		return h
	}
	then := i.hash(h.kind, h.former)
	if then.isPseudonym() {
		return h
	}
	// A founder protects the person from being linked away. The protection must hold under the form, too.
	if f := i.founders.Get(then.shard); f != nil {
		founder := f.Clone()
		founder.Shard = h.shard
		i.founders.Put(h.shard, founder)
	}
	// The shard of the form may have steps already, under its pseudonym. The move joins them to the person.
	i.enter(ctx, h, then.owner, h.epoch+1, schemas.StandingOnePerson)
	i.move(ctx, h, then.owner)
	// Looked up again, since the entry has changed owner and epoch.
	return i.look(id)
}

// follow moves the shard of a former spelling along with that of the form. A spelling that a person was
// minted for stays.
// Otherwise touchpoints under the spelling would stay with the person who had it before.
func (i *identity) follow(ctx *pipeline.Context, h holding, to string) {
	if h.former == "" {
		return
	}
	then := i.hash(h.kind, h.former)
	// The pseudonym of the form is none of the spelling's. Nobody is nobody under each.
	if to == h.pseudonym {
		to = then.pseudonym
	}
	if then.owner == to || i.founders.Get(then.shard) != nil {
		return
	}
	i.enter(ctx, then, to, then.epoch+1, schemas.StandingOnePerson)
	i.move(ctx, then, to)
}
