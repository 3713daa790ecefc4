package main

import (
	"encoding/json"
	"regexp"
	"slices"
)

const redacted = "[redacted]"

var (
	jsonString = regexp.MustCompile(`"(?:[^"\\]|\\.)*":?`)
	reference  = regexp.MustCompile(`^[A-Za-z0-9/_.:;=+-]{0,128}$`)
	name       = regexp.MustCompile(`^[A-Za-z0-9/_.:+-]{0,64}$`)
	longDigits = regexp.MustCompile(`[0-9]{5}`)
)

// isReference says whether s may be an id, a media type or a time.
func isReference(s string) bool { return reference.MatchString(s) }

// references are the fields that hold ids and times, which may be long numbers.
var references = []string{"event_id", "contact_id", "decision_id", "person_ref", "message_id", "occurred_at", "received_at", "due_at"}

// conceal hides the texts of a record as a source wrote it that are neither names nor references:
// where the schema asks for a code, sources may have written a patient's words.
func conceal(text []byte) []byte {
	field := ""
	return jsonString.ReplaceAllFunc(text, func(found []byte) []byte {
		if found[len(found)-1] == ':' {
			field = string(found[1 : len(found)-2])
			return found
		}
		var value string
		if err := json.Unmarshal(found, &value); err != nil {
			return []byte(`"` + redacted + `"`)
		}
		if value == redacted || name.MatchString(value) && (slices.Contains(references, field) || !longDigits.MatchString(value)) {
			return found
		}
		return []byte(`"` + redacted + `"`)
	})
}
