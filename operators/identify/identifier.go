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
	order []schemas.IdentifierKind
	keys  *pseudonyms
	table *IdentityTable

	// shard and ref are what the last record is sent under; the record's fields alias them.
	shard [shardLen]byte
	ref   [refLen]byte
}

func newIdentifier(c *Config, w *words, table *IdentityTable) *identifier {
	return &identifier{order: c.IdentifierOrder, keys: newPseudonyms(c, w), table: table}
}

// touchpoint is of, with the contact's own id as the last resort of a call that nobody is named in.
func (i *identifier) touchpoint(ctx *pipeline.Context, out *schemas.Identified, t *schemas.Touchpoint) emit.Problem {
	p := i.of(ctx, out, t.Identifiers)
	if p.Found() && t.ContactID.OK && i.try(ctx, out, schemas.IdentifierKindContact, t.ContactID.V) == noRule {
		return emit.Problem{}
	}
	return p
}

// of sets shard, person_ref, epoch and conflict of out. They alias i and the table until the next call.
func (i *identifier) of(ctx *pipeline.Context, out *schemas.Identified, ids []schemas.Identifier) emit.Problem {
	if len(ids) == 0 {
		return emit.Problem{Reason: emit.ReasonMissingIdentifier, Detail: "identifiers"}
	}
	why := ruleUnusedKind
	for _, kind := range i.order {
		for n := range ids {
			if ids[n].Kind != kind {
				continue
			}
			if why = i.try(ctx, out, kind, ids[n].Value.Reveal()); why == noRule {
				out.IdentityConflict = i.conflict(out, ids, n)
				return emit.Problem{}
			}
		}
	}
	return emit.Problem{Reason: emit.ReasonAbsurdIdentifier, Detail: "identifiers: " + string(why)}
}

// try gives the record to the owner of an identifier, unless it names nobody.
func (i *identifier) try(ctx *pipeline.Context, out *schemas.Identified, kind schemas.IdentifierKind, value string) rule {
	form, nobody := i.keys.forms.of(kind, value)
	if nobody != noRule {
		ctx.Count(countNobody, string(nobody))
		return nobody
	}
	if form != value {
		ctx.Count(countFormed, kind.String())
	}
	shard, pseudonym := i.keys.hash(kind, form)
	i.own(out, &shard, pseudonym)
	return noRule
}

// own sets whose the shard is.
func (i *identifier) own(out *schemas.Identified, shard *fingerprint, pseudonym [16]byte) {
	owner, epoch := i.table.Find(shard)
	AppendShard(i.shard[:0], *shard)
	AppendRef(i.ref[:0], pseudonym)
	out.Shard, out.Epoch, out.IdentityConflict = emit.AliasString(i.shard[:]), epoch, false
	out.PersonRef = schemas.PersonRef(emit.AliasString(i.ref[:]))
	if owner != 0 {
		out.PersonRef = schemas.PersonRef(emit.AliasString(i.table.Ref(owner)))
	}
}

// conflict says whether another identifier of the record than its best names another person.
func (i *identifier) conflict(out *schemas.Identified, ids []schemas.Identifier, best int) bool {
	owner := out.PersonRef.Reveal()
	if owner == emit.AliasString(i.ref[:]) {
		return false // a pseudonym is nobody yet, and disagrees with nobody
	}
	for n := range ids {
		if n != best && i.disagrees(&ids[n], owner) {
			return true
		}
	}
	return false
}

// disagrees says whether the identifier names another person than owner.
func (i *identifier) disagrees(id *schemas.Identifier, owner string) bool {
	form, nobody := i.keys.forms.of(id.Kind, id.Value.Reveal())
	if nobody != noRule {
		return false
	}
	shard, pseudonym := i.keys.hash(id.Kind, form)
	other, _ := i.table.Find(&shard)
	return other != 0 && string(i.table.Ref(other)) != owner && !i.isPseudonym(other, pseudonym)
}

// isPseudonym says whether an owner is but the pseudonym: an identifier that was unlinked.
func (i *identifier) isPseudonym(owner uint32, pseudonym [16]byte) bool {
	var text [refLen]byte
	return string(AppendRef(text[:0], pseudonym)) == string(i.table.Ref(owner))
}
