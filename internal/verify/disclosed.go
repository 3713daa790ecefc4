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
		names = append(names, &b.Call.Queue, &b.Call.Relation, &b.Call.MayKnow, &b.Call.Authenticated)
		b.Call.Agent = schemas.Opt[schemas.Protected]{}
	case schemas.TouchpointBodyEhr:
		names, references = append(names, &b.Ehr.Status, &b.Ehr.Provenance, &b.Ehr.ActsAs), append(references, (*string)(&b.Ehr.Code))
	}
	for _, s := range names {
		if !plain.MatchString(*s) || longDigit.MatchString(*s) || holds(*s, ids) {
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
