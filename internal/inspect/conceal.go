package inspect

import (
	"encoding/json"
	"regexp"
	"slices"

	"github.com/attune-health/attune/schemas"
)

const redacted = "[redacted]"

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

// conceal hides every other text.
func conceal(text []byte) []byte {
	field := ""
	return jsonString.ReplaceAllFunc(text, func(found []byte) []byte {
		if found[len(found)-1] == ':' {
			field = string(found[1 : len(found)-2])
			return found
		}
		var value string
		err := json.Unmarshal(found, &value)
		shown := slices.Contains(shownCodes, field) && code.MatchString(value) && schemas.IsName(value) ||
			slices.Contains(shownReferences, field) && schemas.IsReference(value) || value == redacted
		if err != nil || !shown {
			return []byte(`"` + redacted + `"`)
		}
		return found
	})
}
