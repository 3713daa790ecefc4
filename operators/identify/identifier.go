package identify

import (
	"github.com/attune-health/attune/operators/emit"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// Counters of what identifiers were taken for. The reason is a rule or a kind, never a value.
const (
	countNobody = "nobody_identifiers" // by rule: identifiers that name nobody, of those looked at
	countFormed = "formed_identifiers" // by kind: owners found under another spelling than the source's
)

// identifier finds out to whom a record belongs: the shard of its first identifier, in the site's
// order, that names somebody, and that shard's owner. One task owns it.
type identifier struct {
	// order is Config.IdentifierOrder.
	order []schemas.IdentifierKind
	keys  *Pseudonyms
	table *IdentityTable
	// former says to look up the spellings that the site hashed before, too (former.go).
	former bool

	// related says that what was tried last is its owner's by a relation only: somebody else has it, who may
	// act for them (related.go).
	related bool
	// best is which of the last record's identifiers it is sent under, -1 where it is none of them.
	// best serves the sessions, which link the other identifiers to it.
	best int
	// shard and ref are what the last record is sent under; the record's fields alias them.
	// They are arrays of i and not new strings, since this runs for every record.
	shard [shardLen]byte
	ref   [refLen]byte
}

// newIdentifier needs a config with its defaults filled in.
func newIdentifier(c *Config, w *words, table *IdentityTable) *identifier {
	return &identifier{order: c.IdentifierOrder, keys: newPseudonyms(c, w), table: table, former: c.FormerForm != ""}
}

// touchpoint is of, with the contact's own id as the last resort of a call that nobody is named in.
// Without it the disposition of an anonymous call would not find the call.
func (i *identifier) touchpoint(ctx *pipeline.Context, out *schemas.Identified, t *schemas.Touchpoint) emit.Problem {
	p := i.of(ctx, out, t.Identifiers)
	if p.Found() && t.ContactID.OK && i.try(ctx, out, schemas.IdentifierKindContact, t.ContactID.V) == noRule {
		p = emit.Problem{}
	}
	if !p.Found() {
		i.caller(out, t)
	}
	return p
}

// of sets shard, person_ref, epoch and conflict of out. They alias i and the table until the next call.
// An identifier that several persons share, or that is a person's by a relation, is used only where no other
// says who it is.
func (i *identifier) of(ctx *pipeline.Context, out *schemas.Identified, ids []schemas.Identifier) emit.Problem {
	// None at all is a fault of the source's mapping; identifiers that name nobody are a fault of its data.
	if len(ids) == 0 {
		return emit.Problem{Reason: emit.ReasonMissingIdentifier, Detail: "identifiers"}
	}
	// why is the rule of the identifier that was looked at last: a rejection names one.
	why, weak := ruleUnusedKind, -1
	// A call may still be known by its contact id, which is none of the identifiers.
	i.best = -1
	// The lists are a handful each. Nested loops cost less here than any index.
	for _, kind := range i.order {
		for n := range ids {
			// Of several of a kind the first that names somebody counts, in the source's order.
			if ids[n].Kind != kind {
				continue
			}
			// It sets out, also where the search goes on: a later one overwrites it.
			nobody := i.try(ctx, out, kind, ids[n].Value.Reveal())
			switch {
			case nobody != noRule:
				why = nobody
			// A household's phone says more than a device that nobody has logged in on.
			case weak >= 0 && i.isAnonymous(out): // tells nobody apart
			case !out.IdentityConflict && !i.related:
				i.best, out.IdentityConflict = n, i.conflict(out, ids, n)
				return emit.Problem{}
			// Another of its kind after it adds nothing.
			case weak < 0:
				weak = n
			}
		}
	}
	// No other identifier has said who it is. Trying it again sets out anew, since later tries have
	// overwritten it.
	if weak >= 0 {
		i.best = weak
		i.try(ctx, out, ids[weak].Kind, ids[weak].Value.Reveal())
		out.IdentityConflict = out.IdentityConflict || i.conflict(out, ids, weak)
		return emit.Problem{}
	}
	return emit.Problem{Reason: emit.ReasonAbsurdIdentifier, Detail: "identifiers: " + string(why)}
}

// try gives the record to the owner of an identifier, unless it names nobody. A shared identifier is a
// conflict by itself.
func (i *identifier) try(ctx *pipeline.Context, out *schemas.Identified, kind schemas.IdentifierKind, value string) rule {
	// The form aliases a buffer, which hash reads before the next identifier overwrites it.
	form, nobody := i.keys.forms.of(kind, value)
	if nobody != noRule {
		ctx.Count(countNobody, string(nobody))
		return nobody
	}
	shard, pseudonym := i.keys.hash(kind, form)
	owner, epoch, standing := i.table.Find(&shard)
	// The count tells a site how many journeys hang on the normal form.
	if form != value {
		ctx.Count(countFormed, kind.String())
		if owner == 0 && i.former {
			shard, pseudonym, owner, epoch, standing = i.formerly(kind, value, shard, pseudonym)
		}
	}
	// Nothing of out has been set yet, so that the next identifier begins clean.
	if standing == schemas.StandingQuarantined {
		ctx.Count(countNobody, string(ruleQuarantined))
		return ruleQuarantined
	}
	AppendShard(i.shard[:0], shard)
	AppendRef(i.ref[:0], pseudonym)
	out.Shard, out.Epoch, out.IdentityConflict = emit.AliasString(i.shard[:]), epoch, standing == schemas.StandingShared
	// The pseudonym is the owner of what nobody was linked to.
	out.PersonRef = schemas.PersonRef(emit.AliasString(i.ref[:]))
	if owner != 0 {
		out.PersonRef = schemas.PersonRef(emit.AliasString(i.table.Ref(owner)))
	}
	i.related = i.isRelated(&shard, out.PersonRef.Reveal())
	return noRule
}

// formerly is whose the spelling was, where the form is nobody's yet (former.go).
// Where that is nobody's either, the journey begins under the form.
func (i *identifier) formerly(kind schemas.IdentifierKind, value string, shard fingerprint, pseudonym [16]byte) (fingerprint, [16]byte, uint32, int32, schemas.Standing) {
	// The value as the source wrote it is the former form.
	then, thenPseudonym := i.keys.hash(kind, value)
	if owner, epoch, standing := i.table.Find(&then); owner != 0 {
		return then, thenPseudonym, owner, epoch, standing
	}
	return shard, pseudonym, 0, 0, schemas.StandingOnePerson
}

// isAnonymous says whether out goes to a pseudonym, which is nobody yet.
func (i *identifier) isAnonymous(out *schemas.Identified) bool {
	return out.PersonRef.Reveal() == emit.AliasString(i.ref[:])
}

// conflict says whether another identifier of the record than its best names another person.
// A decision for a record in conflict tells no history: it may be another patient's.
func (i *identifier) conflict(out *schemas.Identified, ids []schemas.Identifier, best int) bool {
	// An identifier that nobody was linked to cannot disagree with one that somebody was.
	if i.isAnonymous(out) {
		return false // disagrees with nobody
	}
	owner, related := out.PersonRef.Reveal(), i.related
	for n := range ids {
		// The order does not matter here: one that disagrees is enough.
		if n != best && i.disagrees(&ids[n], owner, related) {
			return true
		}
	}
	return false
}

// isNew says whether an identifier could be linked to out's person, and is not yet.
// What is quarantined must not be linked again by a program.
func (i *identifier) isNew(id *schemas.Identifier, out *schemas.Identified) bool {
	form, nobody := i.keys.forms.of(id.Kind, id.Value.Reveal())
	if nobody != noRule {
		return false
	}
	shard, _ := i.keys.hash(id.Kind, form)
	owner, _, standing := i.table.Find(&shard)
	if standing == schemas.StandingQuarantined {
		return false
	}
	return owner == 0 || string(i.table.Ref(owner)) != out.PersonRef.Reveal()
}

// disagrees says whether the identifier names another person than owner.
// One that nobody is linked to does not disagree: most cookies are of that kind. One that is of whoever acts for
// another person does so only where owner is known by a relation, too.
func (i *identifier) disagrees(id *schemas.Identifier, owner string, related bool) bool {
	form, nobody := i.keys.forms.of(id.Kind, id.Value.Reveal())
	if nobody != noRule {
		return false
	}
	shard, pseudonym := i.keys.hash(id.Kind, form)
	number, _, _ := i.table.Find(&shard)
	if number == 0 {
		return false
	}
	other := string(i.table.Ref(number))
	return other != owner && !i.isPseudonym(number, pseudonym) && (related || !i.isRelated(&shard, other))
}

// isPseudonym says whether an owner is but the pseudonym: an identifier that was unlinked.
func (i *identifier) isPseudonym(owner uint32, pseudonym [16]byte) bool {
	var text [refLen]byte
	return string(AppendRef(text[:0], pseudonym)) == string(i.table.Ref(owner))
}
