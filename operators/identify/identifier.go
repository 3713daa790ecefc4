package identify

import (
	"strings"

	"github.com/attune-health/attune/operators/emit"
	"github.com/attune-health/attune/schemas"
)

// identifier finds out to whom a record belongs: the shard of its first usable identifier in the
// site's order, and that shard's owner.
type identifier struct {
	rank         [8]uint8 // by kind: place in the site's order from 1, 0 where not used
	maxBytes     int
	placeholders map[string]bool
	keys         *pseudonyms
	table        *IdentityTable
	shard        [shardLen]byte
	ref          [refLen]byte
}

func newIdentifier(c *Config, table *IdentityTable) *identifier {
	i := &identifier{maxBytes: c.MaxIdentifierBytes, keys: NewPseudonyms(c.SiteKey), table: table, placeholders: map[string]bool{}}
	for n, k := range c.IdentifierOrder {
		i.rank[k] = uint8(n + 1)
	}
	for _, p := range c.PlaceholderIdentifiers {
		i.placeholders[p] = true
	}
	return i
}

// touchpoint is of, with the contact's own id as the last resort of a call that nobody is named in.
func (i *identifier) touchpoint(out *schemas.Identified, t *schemas.Touchpoint) emit.Problem {
	p := i.of(out, t.Identifiers)
	if p.Found() && t.ContactID.OK && i.usable(schemas.IdentifierKindContact, t.ContactID.V) {
		shard, pseudonym := i.keys.Of(schemas.IdentifierKindContact, t.ContactID.V)
		i.own(out, &shard, pseudonym)
		return emit.Problem{}
	}
	return p
}

// of sets shard, person_ref, epoch and conflict of out. They alias i and the table until the next call.
func (i *identifier) of(out *schemas.Identified, ids []schemas.Identifier) emit.Problem {
	best := -1
	for n := range ids {
		if i.usable(ids[n].Kind, ids[n].Value.Reveal()) && (best < 0 || i.rank[ids[n].Kind] < i.rank[ids[best].Kind]) {
			best = n
		}
	}
	switch {
	case len(ids) == 0:
		return emit.Problem{Reason: emit.ReasonMissingIdentifier, Detail: "identifiers"}
	case best < 0:
		return emit.Problem{Reason: emit.ReasonAbsurdIdentifier, Detail: "identifiers"}
	}
	shard, pseudonym := i.keys.Of(ids[best].Kind, ids[best].Value.Reveal())
	owner := i.own(out, &shard, pseudonym)
	for n := range ids {
		if n != best && i.usable(ids[n].Kind, ids[n].Value.Reveal()) && i.disagrees(&ids[n], owner) {
			out.IdentityConflict = true
			break
		}
	}
	return emit.Problem{}
}

// disagrees says whether the identifier names another person than owner. A pseudonym is nobody yet
// and disagrees with nobody.
func (i *identifier) disagrees(id *schemas.Identifier, owner uint32) bool {
	if owner == 0 {
		return false
	}
	shard, pseudonym := i.keys.Of(id.Kind, id.Value.Reveal())
	other, _ := i.table.Find(&shard)
	return other != 0 && other != owner && !i.isPseudonym(other, pseudonym)
}

// own sets whose the shard is, and returns the person's number in the table, 0 for a pseudonym.
func (i *identifier) own(out *schemas.Identified, shard *fingerprint, pseudonym [16]byte) uint32 {
	owner, epoch := i.table.Find(shard)
	AppendShard(i.shard[:0], *shard)
	out.Shard, out.Epoch, out.IdentityConflict = emit.AliasString(i.shard[:]), epoch, false
	if owner == 0 || i.isPseudonym(owner, pseudonym) {
		out.PersonRef = schemas.PersonRef(emit.AliasString(AppendRef(i.ref[:0], pseudonym)))
		return 0
	}
	out.PersonRef = schemas.PersonRef(emit.AliasString(i.table.Ref(owner)))
	return owner
}

// isPseudonym says whether an owner is but the pseudonym: an identifier that was unlinked.
func (i *identifier) isPseudonym(owner uint32, pseudonym [16]byte) bool {
	var text [refLen]byte
	return string(AppendRef(text[:0], pseudonym)) == string(i.table.Ref(owner))
}

// usable says whether an identifier can name anybody: of a kind that the site uses, not empty or
// absurdly long, and not what a source writes for want of one.
func (i *identifier) usable(kind schemas.IdentifierKind, value string) bool {
	if int(kind) >= len(i.rank) || i.rank[kind] == 0 || value == "" || len(value) > i.maxBytes {
		return false
	}
	return !isFiller(value) && !i.isPlaceholder(value)
}

func (i *identifier) isPlaceholder(value string) bool {
	var lower [16]byte
	if len(value) > len(lower) {
		return false
	}
	for n := range len(value) {
		lower[n] = value[n]
		if 'A' <= value[n] && value[n] <= 'Z' {
			lower[n] += 'a' - 'A'
		}
	}
	return i.placeholders[string(lower[:len(value)])]
}

// isFiller says whether a value is a filling character over and over, such as 0000000 or ----.
func isFiller(value string) bool {
	for n := 1; n < len(value); n++ {
		if value[n] != value[0] {
			return false
		}
	}
	return strings.IndexByte("0xX-_.*?# ", value[0]) >= 0
}
