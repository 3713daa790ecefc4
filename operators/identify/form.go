package identify

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/attune-health/attune/operators/emit"
	"github.com/attune-health/attune/schemas"
)

// FormAsWritten hashes identifiers as sources write them, as builds before form 1 did: two spellings
// are two persons.
const FormAsWritten = "as-written"

// FormOne is the first normal form. A rule that changes what a value is hashed as needs another name
// here, since journeys that began under the old spelling would otherwise begin anew without a word.
const FormOne = "1"

// forms brings identifiers to the one spelling that is hashed, and finds those that name nobody. One
// task owns it. Values in ASCII, which nearly all are, are brought to form without allocating.
// It is not safe for concurrent use, since all values share its buffers.
type forms struct {
	// asWritten leaves values as they are, and only tells those that name nobody.
	asWritten bool
	// maxBytes is Config.MaxIdentifierBytes.
	maxBytes int
	// kinds are those that the site uses.
	// kinds is indexed by IdentifierKind: a map would cost a hash for each identifier.
	kinds [8]bool
	// words is shared by all tasks, and read only.
	words *words
	// mrn, member and phones are what the site says of its numbers.
	mrn    NumberForm
	member NumberForm
	phones phones

	// buf holds what a pass has made of the value, and last what the pass before it has.
	// Both grow to the longest value and stay: no identifier allocates after the first few.
	buf, last []byte
}

// newForms needs a config with its defaults filled in.
func newForms(c *Config, w *words) *forms {
	f := &forms{asWritten: c.Form == FormAsWritten, maxBytes: c.MaxIdentifierBytes, words: w, mrn: c.MRN, member: c.Member, phones: newPhones(c.PhoneRegion)}
	for _, k := range c.IdentifierOrder {
		f.kinds[k] = true
	}
	return f
}

// of returns the normal form of an identifier, and the rule by which it names nobody, noRule where it
// names somebody. The form aliases value or f until the next call.
func (f *forms) of(kind schemas.IdentifierKind, value string) (form string, nobody rule) {
	switch {
	// A kind of a later schema is out of range, and not used either.
	case int(kind) >= len(f.kinds) || !f.kinds[kind]:
		return "", ruleUnusedKind
	case len(value) > f.maxBytes:
		return "", ruleTooLong
	}
	// The rules for nobody hold in as-written, too: the form is made for them, and then not used.
	form, nobody = f.stable(kind, value)
	switch {
	case nobody != noRule:
		return "", nobody
	// The site's own placeholders come last, since they are compared in the form.
	case f.words.forms[form]:
		return "", rulePlaceholder
	case len(form) > f.maxBytes: // compatibility characters may become several
		return "", ruleTooLong
	// The source's spelling is the name under which the site's journeys are known.
	case f.asWritten:
		return value, noRule
	}
	return form, noRule
}

// stable is the form that is its own form. What one pass takes off may lay bare what the next one sees:
// quotes within quotes, a placeholder behind a prefix. Most values are in form and need one pass.
func (f *forms) stable(kind schemas.IdentifierKind, value string) (form string, nobody rule) {
	// One pass is enough for a value in form, since it comes out as it went in.
	form, nobody = f.normal(kind, value)
	// The pass reads its value from last and writes to buf. Reading from buf would overwrite what is not read
	// yet.
	for pass := 0; nobody == noRule && form != value && pass < maxPasses; pass++ {
		f.last = append(f.last[:0], form...)
		value = emit.AliasString(f.last)
		form, nobody = f.normal(kind, value)
	}
	return form, nobody
}

// maxPasses bounds the passes until a value no longer changes.
// A value that still changes after them is used as it is then, and the same each time.
const maxPasses = 8

// normal makes one pass: what holds for every kind, then what holds for this one. The common rules come
// first, since "Private" is a better reason than that it is no number.
func (f *forms) normal(kind schemas.IdentifierKind, value string) (string, rule) {
	s := clean(value)
	if kind == schemas.IdentifierKindEmail {
		s = mailbox(s)
	} else if kind == schemas.IdentifierKindDevice || kind == schemas.IdentifierKindCookie {
		s = unwrapUUID(s)
	}
	// Wrappers are taken off before, so that mailto:none is found.
	if r := f.words.nobody(s); r != noRule {
		return "", r
	}
	switch kind {
	case schemas.IdentifierKindPhone:
		return f.phones.of(s)
	case schemas.IdentifierKindEmail:
		return f.email(s)
	case schemas.IdentifierKindMrn:
		return f.number(&f.mrn, s)
	case schemas.IdentifierKindMember:
		return f.number(&f.member, s)
	case schemas.IdentifierKindDevice, schemas.IdentifierKindCookie:
		return f.machine(kind, s)
	}
	return s, noRule // a contact center's own id: counters and letters of any kind name one contact
}

// clean takes off what no identifier begins or ends with, and what nobody can see. Text that is not
// ASCII is brought to NFKC, so that é is one character however it was typed.
// Two values that look alike on a screen become one.
func clean(s string) string {
	if isASCII(s) {
		return trim(s)
	}
	return trim(norm.NFKC.String(mapRunes(s, visible)))
}

// isASCII says whether s is of printable ASCII alone.
// A control character is not printable, and so takes the slow way, where it is dropped.
func isASCII(s string) bool { return traitsOf(s).of&traitOther == 0 }

// trim takes off white space and a pair of quotes, again and again: exports quote what is quoted.
func trim(s string) string {
	for {
		s = strings.TrimSpace(s)
		n := len(s)
		if n < 2 || s[0] != s[n-1] || (s[0] != '"' && s[0] != '\'' && s[0] != '`') {
			return s
		}
		s = s[1 : n-1]
	}
}

// visible drops control and format characters, and fillers that show nothing. White space becomes a space.
// Copies from web pages and PDF files bring such characters along.
func visible(r rune) rune {
	switch {
	case unicode.IsSpace(r):
		return ' '
	case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector), r == '\u2800':
		return -1
	}
	return r
}

// number is the form of a record or member number: without white space, in capitals, and without what
// the site says that its systems add or leave out.
func (f *forms) number(n *NumberForm, s string) (string, rule) {
	// Before the site's separators go: without its point 1.23457E+11 looks like a number.
	if isRounded(s) {
		return "", ruleRounded
	}
	if isLeftOver(s) {
		return "", rulePlaceholder
	}
	// Many patients share what is left of a masked number.
	if isMasked(s) {
		return "", ruleMasked
	}
	s = f.mapped(s, n.keep)
	// The filler is looked for behind the prefix: MRN0000 is zeros.
	s = n.strip(s)
	return s, fillerOf(s, minRepeats)
}

// mapped is s with every character replaced by what to makes of it; -1 drops it. A value that is in form
// already is returned as it is, and nothing is written.
func (f *forms) mapped(s string, to func(rune) rune) string {
	// Most values are in form, so the first pass only compares.
	same := true
	for i := 0; same && i < len(s); i++ {
		same = s[i] < utf8.RuneSelf && to(rune(s[i])) == rune(s[i])
	}
	if same {
		return s
	}
	if isASCII(s) {
		f.buf = appendRunes(f.buf[:0], s, to)
		return emit.AliasString(f.buf)
	}
	return norm.NFKC.String(mapRunes(s, to)) // a capital may be spelled otherwise
}

// lowered is s in lower case.
// ASCII, the commonest case, needs no function call for each byte.
func (f *forms) lowered(s string) string {
	if !isASCII(s) {
		return f.mapped(s, unicode.ToLower)
	}
	for i := range len(s) {
		if lower(s[i]) == s[i] {
			continue
		}
		f.buf = append(f.buf[:0], s...)
		for j := i; j < len(f.buf); j++ {
			f.buf[j] = lower(f.buf[j])
		}
		return emit.AliasString(f.buf)
	}
	return s
}

// mapRunes is appendRunes to a string of its own.
// It allocates, and is for text outside ASCII only.
func mapRunes(s string, to func(rune) rune) string { return string(appendRunes(nil, s, to)) }

// appendRunes appends what to makes of each character. Bytes that are not UTF-8 stay as they are, other
// than with strings.Map, which would make one character of all of them.
func appendRunes(dst []byte, s string, to func(rune) rune) []byte {
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		// Two broken values must not become one: they may be two patients'.
		if r == utf8.RuneError && n == 1 {
			dst = append(dst, s[0])
		} else if r = to(r); r >= 0 {
			dst = utf8.AppendRune(dst, r)
		}
		s = s[n:]
	}
	return dst
}

// NumberForm says which spellings of a record or member number are one number. The zero value tells
// nothing away but white space and case.
type NumberForm struct {
	// Prefixes are what some systems put before the number, such as "MRN" or "MR#". The longest that
	// fits is taken off. Leave it empty where the prefix says whose number it is.
	Prefixes []string `yaml:"prefixes"`
	// Separators are characters that some systems put between the digits, such as "-./". They are taken out.
	Separators string `yaml:"separators"`
	// LeadingZeros takes leading zeros off: 00123 and 123 are one number.
	LeadingZeros bool `yaml:"leading_zeros"`
}

// keep is what becomes of a character of a number.
func (n *NumberForm) keep(r rune) rune {
	if r == ' ' || strings.ContainsRune(n.Separators, r) {
		return -1
	}
	return unicode.ToUpper(r)
}

// strip takes prefix and leading zeros off, unless nothing would be left.
// The prefix goes first: zeros lead only behind it.
func (n *NumberForm) strip(s string) string {
	longest := 0
	for _, p := range n.Prefixes {
		// A prefix is written as sources write it, and compared as numbers are: in capitals and without
		// separators.
		if p = mapRunes(p, n.keep); len(p) > longest && len(p) < len(s) && strings.EqualFold(s[:len(p)], p) {
			longest = len(p)
		}
	}
	s = s[longest:]
	for n.LeadingZeros && len(s) > 1 && s[0] == '0' {
		s = s[1:]
	}
	return s
}
