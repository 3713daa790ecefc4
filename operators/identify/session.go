package identify

import (
	"github.com/attune-health/attune/operators/emit"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// countSessionLinks counts the links that sessions gave, by kind of what was linked.
const countSessionLinks = "session_links"

// sessionLinkAge is how old a touchpoint may be that links, by its own clock and the broker's. A history
// that is read again has its links in identity-links already, and would give a browser back to whoever
// used it long ago.
const sessionLinkAge = schemas.Hour

// sessions links the browser and device of a session that has logged in to the patient, where the site
// allows it. It writes to identity-links, as a source does: IDENTITY alone says whose an identifier is,
// and counts these links as any other. It stops once the ingest table knows.
// One task owns it.
type sessions struct {
	identify   *identifier
	output     pipeline.Output
	schemaID   int32
	attributes emit.Attributes

	// link, id, key and buf are used again for every link.
	link     schemas.IdentityLink
	id       []byte
	key, buf []byte
}

func newSessions(s *pipeline.Setup, e *emit.Config, i *identifier) *sessions {
	return &sessions{identify: i, output: s.Output(e.Topics.IdentityLinks), schemaID: e.Schemas.IdentityLink, attributes: emit.AttributesOf(s, "IdentityLink")}
}

// touchpoint links what an identified touchpoint shows to be of one person: out says whose it is.
func (s *sessions) touchpoint(ctx *pipeline.Context, r *pipeline.Record, t *schemas.Touchpoint, out *schemas.Identified) {
	best := s.identify.best
	// Where two persons are named, a link would settle by chance which of them the browser is.
	if best < 0 || out.IdentityConflict || !isAuthenticated(t, t.Identifiers[best].Kind) || !isLive(ctx, r, t) {
		return
	}
	for n := range t.Identifiers {
		id := &t.Identifiers[n]
		if id.Kind != schemas.IdentifierKindCookie && id.Kind != schemas.IdentifierKindDevice {
			continue
		}
		// Without this every step of a session would write a link.
		// The table is behind by a moment, so that a few links may be written twice. IDENTITY ignores the
		// second.
		if s.identify.isNew(id, out) {
			s.send(ctx, t, id, &t.Identifiers[best])
		}
	}
}

// isAuthenticated says whether a touchpoint is a step of a session in which a patient has logged in. The
// site vouches for it with identify.link_authenticated_sessions.
func isAuthenticated(t *schemas.Touchpoint, best schemas.IdentifierKind) bool {
	// Only there does a session belong to the browser or device that the touchpoint names.
	online := t.Channel == schemas.ChannelWeb || t.Channel == schemas.ChannelApp
	numbered := best == schemas.IdentifierKindMrn || best == schemas.IdentifierKindMember
	return online && numbered && t.SessionID.OK && t.SessionID.V != ""
}

// isLive says whether the touchpoint happened and was written lately (sessionLinkAge).
func isLive(ctx *pipeline.Context, r *pipeline.Record, t *schemas.Touchpoint) bool {
	// Both have to be young: a log may be written again today, and a topic read again next year.
	now, read := schemas.Millis(ctx.Now()), takenIn(ctx, r)
	return now-read < sessionLinkAge && read-t.OccurredAt < sessionLinkAge
}

// send writes a link. Its event id comes from the touchpoint's, so that a replay writes the same one.
func (s *sessions) send(ctx *pipeline.Context, t *schemas.Touchpoint, id, subject *schemas.Identifier) {
	s.id = append(append(s.id[:0], "attune.session/"...), t.EventID...)
	s.link = schemas.IdentityLink{EventID: emit.AliasString(s.id), OccurredAt: t.OccurredAt, Op: schemas.LinkOpLink, Identifier: *id, Subject: *subject, Source: "attune.session"}
	s.buf = s.link.AppendAvro(emit.AppendFrame(s.buf[:0], s.schemaID))
	s.key = append(s.key[:0], id.Value...)
	ctx.Emit(s.output, s.key, s.buf, s.attributes.Of(s.link.EventID, t.OccurredAt)...)
	ctx.Count(countSessionLinks, id.Kind.String())
}
