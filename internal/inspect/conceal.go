package inspect

import (
	"encoding/json"
	"regexp"
	"slices"

	"github.com/attune-health/attune/schemas"
)

const redacted = "[redacted]"

// identifiersIn are the identifiers of a record in JSON, wherever they stand.
func identifiersIn(text []byte) (ids []schemas.Identifier) {
	var value any
	if json.Unmarshal(text, &value) != nil {
		return nil
	}
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, x := range v {
				walk(x)
			}
		case map[string]any:
			kind, _ := v["kind"].(string)
			if k, ok := schemas.ParseIdentifierKind(kind); ok {
				if s, ok := v["value"].(string); ok {
					ids = append(ids, schemas.Identifier{Kind: k, Value: schemas.Protected(s)})
				}
			}
			for _, x := range v {
				walk(x)
			}
		}
	}
	walk(value)
	return ids
}

var (
	jsonString  = regexp.MustCompile(`"(?:[^"\\]|\\.)*":?`)
	code        = regexp.MustCompile(`^[A-Za-z0-9_]{0,32}$`)
	traceParent = regexp.MustCompile(`^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$`)
)

// Codes and references are shown, if they look like codes and references. A source may have written a
// patient's words where the schema asks for a name.
var (
	shownCodes      = []string{"channel", "event", "reason", "kind", "op", "outcome", "status", "purpose"}
	shownReferences = []string{"event_id", "contact_id", "occurred_at", "received_at", "due_at"}
)

// conceal hides every other text, and references that hold one of the record's identifiers.
func conceal(text []byte, holds func(reference string) bool) []byte {
	field := ""
	return jsonString.ReplaceAllFunc(text, func(found []byte) []byte {
		if found[len(found)-1] == ':' {
			field = string(found[1 : len(found)-2])
			return found
		}
		var value string
		err := json.Unmarshal(found, &value)
		shown := slices.Contains(shownCodes, field) && code.MatchString(value) && schemas.IsName(value) ||
			slices.Contains(shownReferences, field) && schemas.IsReference(value) && !holds(value) || value == redacted
		if err != nil || !shown {
			return []byte(`"` + redacted + `"`)
		}
		return found
	})
}
