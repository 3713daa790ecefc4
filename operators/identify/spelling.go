package identify

import (
	"net/url"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/attune-health/attune/operators/emit"
	"github.com/attune-health/attune/schemas"
)

// spellings finds the identifiers of a record in its other texts, however they are spelled there: a
// telephone system that calls a channel PJSIP/+15550100077-2a writes +1 (555) 010-0077 as the caller.
// One task owns it. Values in ASCII cost no allocation.
type spellings struct {
	forms *forms
	// ids are the record's; known says that bare and ends are theirs.
	ids   []schemas.Identifier
	known bool
	// bare has the identifiers one after the other, as letters and digits; ends says where each ends.
	bare []byte
	ends []int
	// text is the text that is looked at, in letters and digits.
	text []byte
}

const (
	// shortestHeld is the shortest identifier that is looked for in other fields: shorter ones are in half
	// of all words.
	shortestHeld = 4
	// shortestWithin is the shortest that is looked for within words and numbers. Eight digits are in a
	// counter by chance once in ten million times.
	shortestWithin = 8
	// countryDigits is how many digits of a telephone number may be those of its country, if shortestNational
	// are left.
	countryDigits, shortestNational = 3, 7
)

// of takes the identifiers of the next record. They are read when a text first needs them.
func (f *spellings) of(ids []schemas.Identifier) { f.ids, f.known = ids, false }

// in says whether a text holds one of the identifiers. A contact's id is no secret.
func (f *spellings) in(s string) bool {
	for i := range f.ids {
		id := &f.ids[i]
		if v := id.Value.Reveal(); len(v) >= shortestHeld && id.Kind != schemas.IdentifierKindContact && strings.Contains(s, v) {
			return true
		}
	}
	// Most texts are names of pages, which have no digits, and no identifier but an address has none.
	if !mayHold(s) {
		return false
	}
	f.know()
	s = unescaped(s)
	f.text = appendBare(f.text[:0], s)
	begin := 0
	for _, end := range f.ends {
		id := emit.AliasString(f.bare[begin:end])
		begin = end
		if len(id) >= shortestWithin && strings.Contains(emit.AliasString(f.text), id) || len(id) >= shortestHeld && hasToken(s, id) {
			return true
		}
	}
	return false
}

// mayHold says whether a text has what all identifiers have: four digits, or an @ in any spelling.
func mayHold(s string) bool {
	digits := 0
	for i := range len(s) {
		switch c := s[i]; {
		case isDigit(c):
			digits++
		case c == '@', c == '%', c >= 0x80:
			return true
		}
	}
	return digits >= shortestHeld
}

// know brings the identifiers to the letters and digits of their normal forms.
func (f *spellings) know() {
	if f.known {
		return
	}
	f.known, f.bare, f.ends = true, f.bare[:0], f.ends[:0]
	for i := range f.ids {
		id := &f.ids[i]
		form, nobody := f.forms.of(id.Kind, id.Value.Reveal())
		// A placeholder is nobody's.
		if nobody != noRule || id.Kind == schemas.IdentifierKindContact {
			continue
		}
		begin := len(f.bare)
		f.bare = appendBare(f.bare, form)
		f.bare = append(f.bare[:begin], core(id.Kind, f.bare[begin:])...)
		f.ends = append(f.ends, len(f.bare))
	}
}

// core is what all spellings of an identifier have in common.
func core(kind schemas.IdentifierKind, bare []byte) []byte {
	switch kind {
	// The country code may be missing, of one to three digits. An extension follows the number.
	case schemas.IdentifierKindPhone:
		n := 0
		for n < len(bare) && isDigit(bare[n]) {
			n++
		}
		return bare[min(countryDigits, max(0, n-shortestNational)):n]
	case schemas.IdentifierKindMrn, schemas.IdentifierKindMember:
		return numberOf(bare)
	}
	return bare
}

// numberOf is a number without the letters and zeros before it, unless too little is left.
func numberOf[T string | []byte](bare T) T {
	n := 0
	for n < len(bare) && !isDigit(bare[n]) {
		n++
	}
	for n < len(bare) && bare[n] == '0' {
		n++
	}
	if len(bare)-n < shortestHeld {
		return bare
	}
	return bare[n:]
}

// hasToken says whether a word of s, between what is neither letter nor digit, is the identifier.
func hasToken(s, id string) bool {
	for s != "" {
		n := 0
		for n < len(s) && isAlphanumeric(s[n]) {
			n++
		}
		if word := s[:n]; len(word) >= len(id) && (strings.EqualFold(word, id) || strings.EqualFold(numberOf(word), id)) {
			return true
		}
		s = s[min(n+1, len(s)):]
	}
	return false
}

// unescaped is a text without percent signs and with one form of each character.
func unescaped(s string) string {
	if strings.IndexByte(s, '%') >= 0 {
		if plain, err := url.PathUnescape(s); err == nil {
			s = plain
		}
	}
	if !isASCII(s) {
		s = norm.NFKC.String(s)
	}
	return s
}

// appendBare appends the letters and digits of a text, in lower case.
func appendBare(dst []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; isAlphanumeric(c) || c >= 0x80 {
			dst = append(dst, lower(c))
		}
	}
	return dst
}

// hasInternational says whether a text has a telephone number with its country code, whoever's it is.
func hasInternational(s string) bool {
	s = unescaped(s)
	for {
		i := strings.IndexByte(s, '+')
		if i < 0 {
			return false
		}
		s = s[i+1:]
		n := 0
		for n < len(s) && isDigit(s[n]) {
			n++
		}
		if n >= shortestWithin && n <= 15 {
			return true
		}
	}
}

// Finder finds the identifiers of a record in its other texts as INGEST does, for whoever shows a record that INGEST
// has not seen. It is not safe for concurrent use.
type Finder struct{ held spellings }

// NewFinder takes what the site says of its identifiers; c has its defaults filled in.
func NewFinder(c *Config) *Finder {
	return &Finder{spellings{forms: newForms(c, newWords(c))}}
}

// Holds says whether a text has one of the identifiers in it, in any spelling, or a telephone number with its country
// code, whoever's that is.
func (f *Finder) Holds(ids []schemas.Identifier, text string) bool {
	f.held.of(ids)
	return f.held.in(text) || hasInternational(text)
}
