package identify

import (
	"strings"

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
	// ids are the record's own identifiers, which no other field may hold.
	ids []schemas.Identifier
}

// touchpoint leaves of t what may be disclosed. Each field that takes a text is named here, or emptied with
// its whole body: a field that is added to a schema is not sent on until somebody has thought of it.
// It must come after identify and sessions, which read what it empties.
func (d disclosure) touchpoint(t *schemas.Touchpoint) {
	if t.Language.OK {
		d.name(&t.Language.V, "language")
	}
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
		// Staff are persons, too: who took the call is of no use past INGEST.
		b.Call.Agent = schemas.Opt[schemas.Protected]{}
	case schemas.TouchpointBodyEhr:
		d.reference((*string)(&b.Ehr.Code), "code") // codes of terminologies are long numbers
		d.name(&b.Ehr.Status, "status")
		d.name(&b.Ehr.Provenance, "provenance")
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

// name empties s if it is neither name nor code.
// A name of the content map has no spaces or symbols, so that free text does not pass.
func (d disclosure) name(s *string, field string) {
	if !schemas.IsName(*s) || d.holdsIdentifier(*s) {
		d.blank(s, field)
	}
}

// reference empties s if it is no reference of a source system.
// References may be long numbers, which names may not.
func (d disclosure) reference(s *string, field string) {
	if !schemas.IsReference(*s) || d.holdsIdentifier(*s) {
		d.blank(s, field)
	}
}

// blank empties a field, and counts it: a source that does so all the time loses what it means to say.
func (d disclosure) blank(s *string, field string) {
	*s = ""
	d.ctx.Count(countBlanked, field)
}

// shortestHeld is the shortest identifier that is looked for in other fields: shorter ones are in
// half of all words.
const shortestHeld = 4

// holdsIdentifier says whether s holds one of the record's own identifiers.
func (d disclosure) holdsIdentifier(s string) bool {
	for i := range d.ids {
		// The spelling is the source's own, since it wrote both fields.
		if v := d.ids[i].Value.Reveal(); len(v) >= shortestHeld && len(v) <= len(s) && strings.Contains(s, v) {
			return true
		}
	}
	return false
}
