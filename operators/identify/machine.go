package identify

import (
	"strings"
	"unicode"

	"github.com/attune-health/attune/schemas"
)

// machine is the form of a device's or browser's id. Case says nothing in a UUID, a hardware address
// and other hex digits; elsewhere it may, so that it stays.
// A cookie keeps its case unless it is a UUID: base64 tells values apart by it.
func (f *forms) machine(kind schemas.IdentifierKind, s string) (string, rule) {
	switch {
	case isUUID(s):
		s = f.lowered(s)
	case kind == schemas.IdentifierKindDevice && isHardwareAddress(s):
		s = f.mapped(s, hardwareRune)
	case kind == schemas.IdentifierKindDevice && len(s) >= shortestHex && isHex(s):
		s = f.lowered(s)
	}
	if isLeftOver(s) {
		return "", rulePlaceholder
	}
	// idfa:00000000-0000-0000-0000-000000000000
	if n := len(s) - uuidLen; n > 0 && isUUID(s[n:]) && machineFiller(s[n:]) != noRule {
		return "", ruleRepeated
	}
	// Looked up in the form, so that the list needs one spelling of each.
	if knownMachines[s] {
		return "", ruleKnown
	}
	if r := fillerOf(s, minRepeats); r != noRule {
		return "", r
	}
	return s, machineFiller(s)
}

// shortestHex is the shortest run of hex digits whose case is taken to say nothing: an Android id.
const shortestHex = 16

// knownMachines are ids that makers gave to more than one device.
// Thousands of phones and virtual machines answer to these.
var knownMachines = map[string]bool{
	"9774d56d682e549c": true, "004999010640000": true, "02:00:00:00:00:00": true, "52:54:00:12:34:56": true, "00:00:00:00:00:01": true,
}

// unwrapUUID takes off what some systems put around a UUID: braces, urn:uuid:.
// What only looks wrapped stays as it is: braces are also how templates are written.
func unwrapUUID(s string) string {
	if len(s) <= uuidLen {
		return s
	}
	inner := s
	if len(s) > len("urn:uuid:") && strings.EqualFold(s[:len("urn:uuid:")], "urn:uuid:") {
		inner = s[len("urn:uuid:"):]
	}
	if n := len(inner); n > 2 && inner[0] == '{' && inner[n-1] == '}' {
		inner = inner[1 : n-1]
	}
	if isUUID(inner) {
		return inner
	}
	return s
}

// uuidLen is the length of a UUID with its dashes.
const uuidLen = 36

// isUUID says whether s is 8-4-4-4-12 hex digits.
// Neither version nor variant is looked at: makers do not keep to them.
func isUUID(s string) bool {
	if len(s) != uuidLen {
		return false
	}
	// A loop and no regular expression: it runs for every cookie and device.
	for i := range len(s) {
		if i == 8 || i == 13 || i == 18 || i == 23 {
			if s[i] != '-' {
				return false
			}
		} else if !isHexDigit(s[i]) {
			return false
		}
	}
	return true
}

// isHardwareAddress says whether s is six pairs of hex digits, with colons or dashes.
func isHardwareAddress(s string) bool {
	// Six pairs and five separators.
	if len(s) != 17 {
		return false
	}
	for i := range len(s) {
		if i%3 == 2 {
			// One separator throughout; a mixture is something else.
			if s[i] != s[2] || s[i] != ':' && s[i] != '-' {
				return false
			}
		} else if !isHexDigit(s[i]) {
			return false
		}
	}
	return true
}

// hardwareRune writes a hardware address with colons, in lower case.
// Windows writes dashes, and nearly all else colons.
func hardwareRune(r rune) rune {
	if r == '-' {
		return ':'
	}
	return unicode.ToLower(r)
}

// isHex says whether s is hex digits, and at least one.
func isHex(s string) bool {
	for i := range len(s) {
		if !isHexDigit(s[i]) {
			return false
		}
	}
	return s != ""
}

// isHexDigit takes both cases.
func isHexDigit(c byte) bool { return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' }

// machineFiller finds ids that a program made up: all zeros but one, every group of one character, a
// short block over and over, hex digits in their order. By chance none of these is met: a random UUID whose
// groups are uniform is one in 10 to the power of 32.
// Such an id comes from many devices, and would join all who use them.
func machineFiller(s string) rule {
	// Words are judged by the rules before. This one is for hex digits.
	if t := traitsOf(s); t.of&(traitLetter|traitOther) != 0 || t.alphanumeric < 8 || t.alphanumeric > longestWord {
		return noRule // no hex digits alone, or not as many as a machine has
	}
	var hex [longestWord]byte
	// It fits: the count above bounds it.
	text, _ := bareOf(hex[:0], s)
	zeros := 0
	for _, c := range text {
		if c == '0' {
			zeros++
		}
	}
	switch {
	// 00000000-0000-0000-0000-000000000001 is what a developer types.
	case zeros >= len(text)-1, groupsAreUniform(s), isPeriodic(text):
		return ruleRepeated
	case hasOrder(text):
		return ruleSequence
	}
	return noRule
}

// groupsAreUniform says whether every group of s is one character: 11111111-2222-..., aa:bb:cc:...
func groupsAreUniform(s string) bool {
	groups := 1
	for i := 1; i < len(s); i++ {
		switch separator := !isAlphanumeric(s[i]); {
		case separator:
			groups++
		case isAlphanumeric(s[i-1]) && s[i] != s[i-1]:
			return false
		}
	}
	// A single group of one character is fillerOf's.
	return groups > 1
}

// isPeriodic says whether text is one block over and over, at least three times.
func isPeriodic(text []byte) bool {
	// Text repeats with a period where it equals itself moved by that much.
	for period := 1; period <= len(text)/3; period++ {
		if string(text[period:]) == string(text[:len(text)-period]) {
			return true
		}
	}
	return false
}

// hasOrder says whether hex digits begin in their order: what examples are made of.
// A made-up UUID is in many copies of one example, and would join all who use it.
func hasOrder(text []byte) bool {
	for _, begin := range []string{"0123456789", "1234567890", "123456789abc", "123456781234", "00112233445566", "abcdef0123456789", "deadbeef", "cafebabe"} {
		if strings.HasPrefix(string(text), begin) {
			return true
		}
	}
	return false
}
