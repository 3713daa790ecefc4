package verify

import (
	"regexp"
	"strings"

	"github.com/attune-health/attune/schemas"
)

var (
	plain     = regexp.MustCompile(`^[A-Za-z0-9/_.:+-]{0,64}$`)
	longDigit = regexp.MustCompile(`[0-9]{5}`)
)

// disclosed is the part of a touchpoint that may pass INGEST: no identifier, session or agent, and
// only names and references in the fields for these.
func disclosed(t schemas.Touchpoint) schemas.Touchpoint {
	ids := t.Identifiers
	t.Identifiers, t.SessionID = nil, schemas.Opt[schemas.Protected]{}
	names, references := []*string{&t.Language.V}, []*string{}
	switch b := &t.Body; b.Kind {
	case schemas.TouchpointBodyWeb:
		names = append(names, (*string)(&b.Web.Page))
	case schemas.TouchpointBodyApp:
		names, references = append(names, (*string)(&b.App.Screen)), append(references, &b.App.MessageID.V)
	case schemas.TouchpointBodyCall:
		names = append(names, &b.Call.Queue, &b.Call.Relation, &b.Call.MayKnow, &b.Call.Authenticated, &b.Call.ActsAs)
		b.Call.Agent = schemas.Opt[schemas.Protected]{}
	case schemas.TouchpointBodyEhr:
		names, references = append(names, &b.Ehr.Status, &b.Ehr.Provenance, &b.Ehr.ActsAs), append(references, (*string)(&b.Ehr.Code))
	}
	t.Body = possible(t.Body, int64(t.OccurredAt))
	for _, s := range names {
		if isFree(*s) || holds(*s, ids) {
			*s = ""
		}
	}
	for _, s := range references {
		if !plain.MatchString(*s) || holds(*s, ids) {
			*s = ""
		}
	}
	return t
}

// isFree says whether s is text, or could hide a number, where a name is wanted.
func isFree(s string) bool { return !plain.MatchString(s) || longDigit.MatchString(s) }

// possible is a body without the numbers that cannot be, by schemas/touchpoint.avsc: a step takes up to a day, there are
// 16 priorities, a search finds up to a million, and a fact falls due up to two years ago or in ten.
func possible(b schemas.TouchpointBody, occurred int64) schemas.TouchpointBody {
	const day = 86_400_000
	none := func(v, low, high, otherwise int64) int64 {
		if v < low || v > high {
			return otherwise
		}
		return v
	}
	for _, ms := range []*int64{&b.Call.WaitMs, &b.Call.TalkMs, &b.Call.SelfServiceMs} {
		*ms = none(*ms, 0, day, 0)
	}
	for _, ms := range []*int32{&b.Web.DwellMs, &b.App.DwellMs} {
		*ms = int32(none(int64(*ms), 0, day, 0))
	}
	for _, n := range []*int32{&b.Web.Results, &b.App.Results} {
		*n = int32(none(int64(*n), -1, 1e6, -1))
	}
	b.Call.Priority = int32(none(int64(b.Call.Priority), 0, 15, 0))
	b.Ehr.DueAt = schemas.Millis(none(int64(b.Ehr.DueAt), occurred-732*day, occurred+3660*day, 0))
	return b
}

// holds says whether s contains one of the identifiers, of those with four characters or more.
func holds(s string, ids []schemas.Identifier) bool {
	for _, id := range ids {
		v := id.Value.Reveal()
		if len(v) >= 4 && strings.Contains(s, v) {
			return true
		}
	}
	return false
}
