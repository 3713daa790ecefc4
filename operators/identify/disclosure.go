package identify

import (
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// countBlanked counts the fields that INGEST has emptied, by field.
const countBlanked = "blanked_fields"

// disclosure empties what must not go past INGEST: fields that the schema tags as identifiers, and
// fields that are to hold a name of the site's content map, a code or a reference but hold something
// else. A source that writes a URL, a search phrase or a patient's own words there would send them to
// every topic and to ClickHouse. The touchpoint itself is of use without them.
// A disclosure lives for one record. It edits that record in place, before it is encoded.
type disclosure struct {
	// ctx counts what was emptied.
	ctx *pipeline.Context
	// ids finds the record's own identifiers, which no other field may hold.
	ids *spellings
	// keys conceal a contact's id that holds one.
	keys *Pseudonyms
}

// touchpoint leaves of t what may be disclosed. Each field that takes a text is named here, or emptied with
// its whole body: a field that is added to a schema is not sent on until somebody has thought of it.
// It must come after identify and sessions, which read what it empties.
func (d disclosure) touchpoint(t *schemas.Touchpoint) {
	if t.ContactID.OK {
		d.contact(&t.ContactID.V)
	}
	if t.Language.OK {
		d.name(&t.Language.V, "language")
	}
	d.numbers(t)
	switch b := &t.Body; b.Kind {
	case schemas.TouchpointBodyWeb:
		d.name((*string)(&b.Web.Page), "page")
	case schemas.TouchpointBodyApp:
		d.name((*string)(&b.App.Screen), "screen")
		if b.App.MessageID.OK {
			d.reference(&b.App.MessageID.V, "message_id")
		}
	case schemas.TouchpointBodyCall:
		d.name(&b.Call.Queue, "queue")
		// Codes, as the schema says; a contact center that lets agents type them writes names of persons there.
		d.name(&b.Call.Relation, "relation")
		d.name(&b.Call.MayKnow, "may_know")
		d.name(&b.Call.Authenticated, "authenticated")
		d.name(&b.Call.ActsAs, "acts_as")
		// Staff are persons, too: who took the call is of no use past INGEST.
		b.Call.Agent = schemas.Opt[schemas.Protected]{}
	case schemas.TouchpointBodyEhr:
		d.reference((*string)(&b.Ehr.Code), "code") // codes of terminologies are long numbers
		d.name(&b.Ehr.Status, "status")
		d.name(&b.Ehr.Provenance, "provenance")
		d.name(&b.Ehr.ActsAs, "acts_as")
	default: // nothing says here what the fields of another channel may disclose
		*b = schemas.TouchpointBody{Kind: b.Kind}
	}
	// Cut and not set to nil: the record is decoded into again, and keeps its memory.
	t.Identifiers = t.Identifiers[:0]
	t.SessionID = schemas.Opt[schemas.Protected]{}
}

// consent leaves of c what may be disclosed.
func (d disclosure) consent(c *schemas.Consent) {
	d.name(&c.Channel, "channel")
	d.name(&c.Purpose, "purpose")
	if c.TimeZone.OK {
		d.name(&c.TimeZone.V, "time_zone")
	}
	if c.PreferredChannel.OK {
		d.name(&c.PreferredChannel.V, "preferred_channel")
	}
	c.Identifiers = c.Identifiers[:0]
}

// outcome leaves of o what may be disclosed. It has no identifiers; the person_ref is ours.
// Its reason is a code of the site, and free text where an agent typed one.
func (d disclosure) outcome(o *schemas.ActionOutcome) {
	d.reference(&o.DecisionID, "decision_id")
	d.name(&o.Action, "action")
	d.name(&o.Reason, "outcome_reason")
}

// countConcealed counts the ids that INGEST has replaced, by field.
const countConcealed = "concealed_ids"

// concealed begins a contact's id that has been replaced.
const concealed = "concealed-"

// contact replaces a contact's id that tells who called by a keyed hash of it. It cannot be emptied: the
// steps of a call find each other by it. Any number with its country code counts, since a disposition
// often names the record number alone, and the call must have one id from its first step to its last.
func (d disclosure) contact(id *string) { d.conceal(id, "contact_id") }

// event replaces an event id that tells who it is about in the same way: duplicates have one id still.
func (d disclosure) event(id *string) { d.conceal(id, "event_id") }

func (d disclosure) conceal(id *string, field string) {
	if !d.ids.in(*id) && !hasInternational(*id) {
		return
	}
	shard, _ := d.keys.hash(schemas.IdentifierKindContact, *id)
	*id = string(AppendShard([]byte(concealed), shard))
	d.ctx.Count(countConcealed, field)
}

// name empties s if it is neither name nor code.
// A name of the content map has no spaces or symbols, so that free text does not pass.
func (d disclosure) name(s *string, field string) {
	if !schemas.IsName(*s) || d.ids.in(*s) {
		d.blank(s, field)
	}
}

// reference empties s if it is no reference of a source system.
// References may be long numbers, which names may not.
func (d disclosure) reference(s *string, field string) {
	if !schemas.IsReference(*s) || d.ids.in(*s) {
		d.blank(s, field)
	}
}

// blank empties a field, and counts it: a source that does so all the time loses what it means to say.
func (d disclosure) blank(s *string, field string) {
	*s = ""
	d.ctx.Count(countBlanked, field)
}
