package identify

import (
	"slices"
	"strings"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// Counters of what IDENTITY has found of identifiers, by kind.
const (
	// countShared counts an identifier when it becomes shared, not each link of it.
	countShared      = "shared_identifiers"
	countQuarantined = "quarantined_identifiers"
	countReleased    = "released_identifiers"
)

// How the persons of one identifier go on:
//
//	             link to another             as many as the guard allows
//	 one person ────────────────► shared ─────────────────────────────► quarantined
//	     ▲                          │                                        │
//	     └──── unlink of the other ─┘            release by a person ◄───────┘
//
// Telephone numbers and addresses are shared by households. A device, a cookie or another number goes to
// the person of the newest link: whoever logs in there is who is there.

// maxHolders bounds the persons that are remembered of one identifier, newest first.
// It bounds the state of one identifier. The guard quarantines long before, unless a person has released it.
const maxHolders = 64

// isShareable says whether an identifier of a kind may belong to several persons at a time.
func (c *Config) isShareable(kind schemas.IdentifierKind) bool {
	return !c.LastLinkWins && (kind == schemas.IdentifierKindPhone || kind == schemas.IdentifierKindEmail)
}

// give links an identifier to a person, as their own or in a role. What is remembered of its persons begins
// with the second one, or with the first role: most identifiers are of one person for ever.
func (i *identity) give(ctx *pipeline.Context, id holding, person string, as role) {
	// The first person needs no list, which spares the state of most identifiers.
	if as == (role{}) && i.holders.Get(id.shard) == nil && (id.isPseudonym() || id.owner == person) {
		i.place(ctx, id, person, schemas.StandingOnePerson)
		return
	}
	h := i.holdersOf(id)
	// The others stay in the list, unlinked: the guard has to count them.
	if !i.config.isShareable(id.kind) {
		for n := range h.Persons {
			h.Persons[n].Linked = false
		}
	}
	note(h, person, i.link.OccurredAt, as)
	// The time is that of the link, so that a replay forgets the same holders.
	since := i.link.OccurredAt - i.config.Guard.Within
	h.Persons = slices.DeleteFunc(h.Persons, func(p schemas.Holder) bool { return !p.Linked && p.LinkedAt < since })
	if !h.Released && linkedSince(h, since) > i.config.Guard.Persons {
		i.quarantine(ctx, id)
		return
	}
	i.settle(ctx, id, h)
}

// holdersOf is what is remembered of an identifier's persons, which begins with the one it has.
func (i *identity) holdersOf(id holding) *schemas.IdentifierHolders {
	h := i.holders.GetOrCreate(id.shard)
	// The list began with the second person. The first is known from the entry.
	if len(h.Persons) == 0 && !id.isPseudonym() {
		note(h, id.owner, id.since, role{})
	}
	return h
}

// note enters a link to a person, and forgets whoever was linked longest ago where there are too many.
// Persons stay in the order of their first link, so that the first one goes where there is no room.
func note(h *schemas.IdentifierHolders, person string, at schemas.Millis, as role) {
	n := slices.IndexFunc(h.Persons, func(p schemas.Holder) bool { return p.PersonRef.Reveal() == person })
	if n < 0 {
		if len(h.Persons) == maxHolders {
			h.Persons = slices.Delete(h.Persons, 0, 1)
		}
		n = len(h.Persons)
		h.Persons = append(h.Persons, schemas.Holder{PersonRef: schemas.PersonRef(person)})
	}
	// Links may arrive late. An older one must not make a newer one look old.
	h.Persons[n].LinkedAt, h.Persons[n].Linked = max(at, h.Persons[n].LinkedAt), true
	// Cloned, since a link aliases its record.
	h.Persons[n].Relation, h.Persons[n].MayKnow = strings.Clone(as.relation), strings.Clone(as.mayKnow)
}

// linkedSince is how many persons have been linked since a time, whether they still are or not.
// An identifier that is unlinked again and again still passes from hand to hand.
func linkedSince(h *schemas.IdentifierHolders, since schemas.Millis) (n int) {
	for _, p := range h.Persons {
		if p.LinkedAt >= since {
			n++
		}
	}
	return n
}

// settle gives the identifier to its only person, or to nobody where it has none or several.
// A shared identifier is nobody's, so that no one's history is shown to another who calls from it.
func (i *identity) settle(ctx *pipeline.Context, id holding, h *schemas.IdentifierHolders) {
	// Without any linked person it is anonymous again.
	to, standing := id.pseudonym, schemas.StandingOnePerson
	for _, p := range h.Persons {
		switch {
		case !p.Linked:
		// The first linked one; a second makes it shared.
		case to == id.pseudonym:
			to = p.PersonRef.Reveal()
		default:
			standing = schemas.StandingShared
		}
	}
	if standing == schemas.StandingShared {
		to = id.pseudonym
		if id.standing != standing {
			ctx.Count(countShared, id.kind.String())
		}
	}
	i.place(ctx, id, to, standing)
}

// holds says whether an identifier is linked to a person, alone or with others.
// Of a shared identifier the entry names nobody, so that the list has to be asked.
func (i *identity) holds(id holding, person string) bool {
	h := i.holders.Get(id.shard)
	// No list means one person at most, whom the entry names.
	if h == nil {
		return id.owner == person
	}
	return slices.ContainsFunc(h.Persons, func(p schemas.Holder) bool { return p.Linked && p.PersonRef.Reveal() == person })
}

// take unlinks an identifier from a person who holds it.
// The person stays in the list, unlinked, for the guard.
func (i *identity) take(ctx *pipeline.Context, id holding, person string) {
	h := i.holdersOf(id)
	for n := range h.Persons {
		if h.Persons[n].PersonRef.Reveal() == person {
			h.Persons[n].Linked = false
		}
	}
	// In quarantine the unlink is remembered, and takes effect at the release.
	if id.standing != schemas.StandingQuarantined {
		i.settle(ctx, id, h)
	}
}

// quarantine takes an identifier out of use: links of it are refused, touchpoints that have no other are
// rejected, and its steps so far are nobody's. The number of a record that a person was minted for stays
// that person's.
// It is idempotent: the guard and a person may both ask for it.
func (i *identity) quarantine(ctx *pipeline.Context, id holding) {
	if id.standing == schemas.StandingQuarantined {
		return
	}
	ctx.Count(countQuarantined, id.kind.String())
	to := id.pseudonym
	if i.founders.Get(id.shard) != nil {
		to = id.owner
	} else if !id.isPseudonym() {
		i.holdersOf(id) // for when it is released
	}
	if !id.entered && to == id.pseudonym { // never linked: no owner and no standing changes, but the entry is new
		i.enter(ctx, id, to, 0, schemas.StandingQuarantined)
		return
	}
	i.place(ctx, id, to, schemas.StandingQuarantined)
}

// release gives an identifier back to those who are linked to it, and keeps the guard from it for good:
// a person has looked at it.
func (i *identity) release(ctx *pipeline.Context, id holding) {
	ctx.Count(countReleased, id.kind.String())
	h := i.holdersOf(id)
	// The flag lives in the list, so that a release creates one even where nobody was linked.
	h.Released = true
	if i.founders.Get(id.shard) != nil {
		i.place(ctx, id, id.owner, schemas.StandingOnePerson)
		return
	}
	i.settle(ctx, id, h)
}
