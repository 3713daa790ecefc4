package identify

import (
	"slices"
	"strings"

	"github.com/attune-health/attune/operators/emit"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// Whoever has a telephone number may act for a patient (FHIR RelatedPerson). A link with a relation says so:
//
//	IDENTITY  links as any other: what is done from the number is the patient's, and a number of several
//	          patients is nobody's. The entry says of which of them it is by a relation.
//	INGEST    writes on a call who calls and what they may be told, once its patient is known
//
// Such a number names a patient where nothing else does, and never against another identifier: a mother who
// gives her own record number calls about herself, or says for whom.

const (
	// relationSelf is how FHIR says that somebody acts for nobody else.
	relationSelf = "self"
	// relationOther stands for a relation that is no code. It must not be left out: the number would become
	// the patient's own.
	relationOther = "other"
)

// role is what whoever has an identifier is to the patient to whom it is linked; zero where it is the
// patient's own.
type role struct{ relation, mayKnow string }

// role reads that of the link at hand.
func (i *identity) role(ctx *pipeline.Context) (role, emit.Problem) {
	l := &i.link
	if l.Relation == "" || l.Relation == relationSelf {
		return role{}, emit.Problem{}
	}
	switch l.Identifier.Kind {
	case schemas.IdentifierKindPhone, schemas.IdentifierKindEmail, schemas.IdentifierKindContact:
	default: // a record number is of whoever it was given to, and a link of it to another patient a mistake
		return role{}, emit.Problem{Reason: emit.ReasonUnsupportedOp, Detail: "relation"}
	}
	r := role{l.Relation, l.MayKnow}
	if !schemas.IsName(r.relation) {
		r.relation = relationOther
		ctx.Count(countBlanked, "relation")
	}
	if !schemas.IsName(r.mayKnow) {
		r.mayKnow = "" // no permission
		ctx.Count(countBlanked, "may_know")
	}
	return r, emit.Problem{}
}

// actsFor lists the patients for whom whoever has an identifier may act, for its entry.
func (i *identity) actsFor(shard string) (list []schemas.ActsFor) {
	h := i.holders.Get(shard)
	if h == nil {
		return nil
	}
	for _, p := range h.Persons {
		if p.Linked && p.Relation != "" {
			list = append(list, schemas.ActsFor{PersonRef: p.PersonRef, Relation: p.Relation, MayKnow: p.MayKnow})
		}
	}
	return list
}

// toldAnew says whether the entry of an identifier does not say any more for whom whoever has it may act.
func (i *identity) toldAnew(shard string) bool {
	e := i.owners.Get(shard)
	return e != nil && !slices.Equal(e.ActsFor, i.actsFor(shard))
}

// acting is one patient for whom whoever has an identifier may act, as the ingest table keeps it.
type acting struct {
	// patient is the number of the patient in owners.
	patient uint32
	role
}

// actingBytes is about what one entry of acting takes: the shard, a slice, one patient, and the map's own.
const actingBytes = 128

// act enters for whom whoever has a shard may act, as of the newest entry.
func (t *IdentityTable) act(shard fingerprint, list []schemas.ActsFor) {
	if len(list) == 0 {
		delete(t.acting, shard)
		return
	}
	of := make([]acting, len(list))
	for n, a := range list {
		of[n] = acting{t.Owners.Number(string(a.PersonRef)), role{t.word(a.Relation), t.word(a.MayKnow)}}
	}
	if t.acting == nil {
		t.acting, t.words = map[fingerprint][]acting{}, map[string]string{}
	}
	t.acting[shard] = of
}

// word keeps a relation or permission once: there are a few of each, and s aliases a record.
func (t *IdentityTable) word(s string) string {
	w, ok := t.words[s]
	if !ok {
		w = strings.Clone(s)
		if t.words == nil {
			t.words = map[string]string{}
		}
		t.words[w] = w
	}
	return w
}

// roleFor is what whoever has a shard is to a person; zero where that is not by a relation.
func (t *IdentityTable) roleFor(shard *fingerprint, person string) role {
	for _, a := range t.acting[*shard] {
		if string(t.Ref(a.patient)) == person {
			return a.role
		}
	}
	return role{}
}

// isRelated says whether an identifier is its owner's by a relation only.
func (i *identifier) isRelated(shard *fingerprint, owner string) bool {
	return len(i.table.acting) > 0 && i.table.roleFor(shard, owner) != role{}
}

// caller writes on a call who calls for the patient, where a link says so and the call does not. Where it is not
// known for whom, it writes that the caller may act for somebody.
func (i *identifier) caller(out *schemas.Identified, t *schemas.Touchpoint) {
	if len(i.table.acting) == 0 || t.Body.Kind != schemas.TouchpointBodyCall {
		return
	}
	for n := range t.Identifiers {
		if i.introduce(out, &t.Body.Call, t.Identifiers[n].Kind, t.Identifiers[n].Value.Reveal()) {
			return
		}
	}
	if t.ContactID.OK {
		i.introduce(out, &t.Body.Call, schemas.IdentifierKindContact, t.ContactID.V)
	}
}

// introduce writes what one of the call's identifiers says of who calls. It reports whether that is all there is to say.
func (i *identifier) introduce(out *schemas.Identified, c *schemas.Call, kind schemas.IdentifierKind, value string) bool {
	form, nobody := i.keys.forms.of(kind, value)
	if nobody != noRule {
		return false
	}
	shard, _ := i.keys.hash(kind, form)
	if out.IdentityConflict {
		if of := i.table.acting[shard]; len(of) > 0 && c.Relation == "" && c.ActsAs == "" {
			c.ActsAs = of[0].relation
		}
		return false
	}
	r := i.table.roleFor(&shard, out.PersonRef.Reveal())
	switch {
	case r == role{}:
		return false
	case c.Relation == "":
		c.Relation, c.MayKnow = r.relation, r.mayKnow
	case c.Relation == r.relation && c.MayKnow == "": // the newest word on who calls is the call's
		c.MayKnow = r.mayKnow
	}
	return true
}
