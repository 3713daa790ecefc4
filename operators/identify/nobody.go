package identify

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/attune-health/attune/schemas"
)

// rule is why a value names nobody. It is a label of metrics and the detail of a rejection: a code that
// stays, and never a part of the value.
type rule string

const (
	noRule          rule = ""
	ruleUnusedKind  rule = "unused_kind"      // of a kind that the site does not use
	ruleTooLong     rule = "too_long"         // longer than any identifier
	ruleEmpty       rule = "empty"            // nothing that can be seen
	rulePlaceholder rule = "placeholder"      // a word that stands for nobody
	ruleTemplate    rule = "template"         // a variable that nothing was put in for
	ruleRepeated    rule = "repeated"         // one character, or one block, over and over
	ruleSequence    rule = "sequence"         // 123456789 and its like
	ruleRounded     rule = "rounded"          // a number that a spreadsheet has rounded
	ruleMasked      rule = "masked"           // a value with its middle hidden
	ruleKnown       rule = "known_default"    // what a maker gave all its devices or lines
	ruleNoPhone     rule = "no_phone_number"  // no number that can be dialled
	ruleService     rule = "service_number"   // a line of a company or a service
	ruleNoEmail     rule = "no_email_address" // no address that mail can reach
	ruleQuarantined rule = "quarantined"      // the guard has found too many persons behind it
)

// rules lists all of them, for the documentation's test.
var rules = []rule{
	ruleUnusedKind, ruleTooLong, ruleEmpty, rulePlaceholder, ruleTemplate, ruleRepeated, ruleSequence, ruleRounded, ruleMasked,
	ruleKnown, ruleNoPhone, ruleService, ruleNoEmail, ruleQuarantined,
}

// wholeWords name nobody where they are all of a value, compared by letters and digits alone: (not set),
// not-set and NotSet are one word. Programs, people at a form and telephone systems write them.
const wholeWords = `
	null undefined none nil na nan void empty blank missing default unset inf infinity true false yes no error ref value
	unknown unkown unk anonymous anon anonymized anonymised guest nobody noone noname somebody someone visitor user username
	notset notapplicable notavailable notprovided notgiven notfound notknown notassigned notrecorded notspecified unspecified
	unassigned unidentified unavailable nodata novalue idnull noentry norecord notonfile tbd tba tbc pending todo asdf
	asdfgh asdfasdf qwerty qwertz qwe foo bar foobar baz lorem ipsum abc xyz test tests testing tester testuser testpatient
	testing123 test123 test1234 demo sample example dummy fake invalid placeholder temp temporary deleted removed redacted
	anonymoususer anonymouscaller unknowncaller unknownuser unknownnumber unknownname johndoe janedoe optout optedout
	dnt nocookie nocookies cookieless noconsent consentdenied denied declined refused rejected disabled objectobject object
	bot crawler robot localhost nbsp u0000 u200b emailprotected
	private privatenumber privatecaller restricted restrictednumber blocked blockednumber withheld withheldnumber hidden
	hiddennumber secret unlisted nocallerid callerid callerunknown outofarea payphone coinphone wirelesscaller tollfreecall
	cellphone ofa international
	id userid useridhere customerid clientid patientid deviceid visitorid cookieid sessionid memberid recordnumber mrn mrnnumber
	phone phonenumber telephone mobile email emailaddress mail key string number name contact patient caller customer member
	nomail noemail noemails noreply donotreply nomailaddress doesnothaveemail
	desconocido desconocida ninguno ninguna nadie nulo nula vacio vacia noaplica nd sd sn nsnc noregistrado noregistra
	nodisponible nosabe nocontesta notiene notengo sindato sindatos sinnombre sinnumero sincorreo sinemail sintelefono
	anonimo anonima privado privada restringido restringida bloqueado bloqueada oculto oculta retenido invitado invitada
	noidentificado noidentificada numeroprivado numerooculto numerodesconocido llamadaoculta pordefinir pendiente prueba
	pruebas pacienteprueba usuario paciente cliente correo correoelectronico telefono celular numero nombre ejemplo falso
	eliminado borrado`

// partWords name nobody where a value has no other words: "unknown caller", "test patient". A word that
// may begin a real identifier, such as mrn or member, is not among them.
const partWords = `
	null undefined none nil unknown anonymous no not set name number caller call id object guest user visitor patient test
	private withheld blocked restricted unavailable available provided applicable given known assigned specified found recorded
	data value empty blank missing phone email mail address on file the is out of area opt optout reply do
	sin nombre numero correo electronico telefono datos dato desconocido desconocida privado privada oculto oculta anonimo
	anonima paciente usuario prueba llamada disponible aplica tiene tengo registrado identificado identificada ninguno
	ninguna por definir de del`

// words knows the words and the hashes that stand for nobody. It is read by many tasks.
type words struct {
	whole map[string]bool // by letters and digits in lower case, without accents
	parts map[string]bool
	forms map[string]bool // what the site added, in the normal forms of the kinds
}

// newWords takes the site's own placeholders along, in every spelling.
func newWords(c *Config) *words {
	w := &words{whole: setOf(wholeWords), parts: setOf(partWords), forms: map[string]bool{}}
	w.addHashes()
	f := newForms(c, w)
	for _, s := range c.PlaceholderIdentifiers {
		for kind := range f.kinds {
			if form, nobody := f.of(schemas.IdentifierKind(kind), s); nobody == noRule {
				w.forms[strings.Clone(form)] = true
			}
		}
	}
	for _, s := range c.PlaceholderIdentifiers {
		if bare, _ := bareOf(make([]byte, 0, c.MaxIdentifierBytes), clean(s)); len(bare) > 0 {
			w.whole[string(bare)] = true
		}
	}
	return w
}

// addHashes adds the hashes of the words: a site that hashes at the source hashes what was missing, too.
func (w *words) addHashes() {
	plain := []string{"", " ", "0", "-1", "NULL", "None", "(null)", "n/a", "N/A", "(not set)"}
	for word := range w.whole {
		plain = append(plain, word)
	}
	for _, p := range plain {
		m, s1, s2 := md5.Sum([]byte(p)), sha1.Sum([]byte(p)), sha256.Sum256([]byte(p))
		for _, sum := range [][]byte{m[:], s1[:], s2[:]} {
			w.whole[hex.EncodeToString(sum)] = true
		}
	}
}

// longestWord is the longest entry of words: a SHA-256 in hex. Longer values are no word.
const longestWord = 64

// nobody says by which rule that holds for every kind a cleaned value names nobody.
func (w *words) nobody(s string) rule {
	var bare [longestWord]byte
	text, fits := bareOf(bare[:0], s)
	switch {
	case len(text) == 0:
		return ruleEmpty
	case isTemplate(s):
		return ruleTemplate
	case fits && (w.whole[string(text)] || w.isMadeOfParts(s)):
		return rulePlaceholder
	case onlyOf(text, '0'), len(s) > 1 && len(s) <= 4 && s[0] == '-' && onlyDigits(s[1:]): // 0, 0.0, 00-00, -1, -99
		return rulePlaceholder
	}
	return noRule
}

// bareOf appends the letters and digits of s, in lower case and without accents. fits is false where
// dst has no room for all.
func bareOf(dst []byte, s string) (bare []byte, fits bool) {
	if !isASCII(s) {
		return bareOfText(dst, norm.NFKD.String(s))
	}
	for i := range len(s) {
		if !isAlphanumeric(s[i]) {
			continue
		}
		if len(dst) == cap(dst) {
			return dst, false
		}
		dst = append(dst, lower(s[i]))
	}
	return dst, true
}

// bareOfText is bareOf for any text.
func bareOfText(dst []byte, s string) (bare []byte, fits bool) {
	for _, r := range s {
		if !isWordRune(r) {
			continue
		}
		if r = unicode.ToLower(r); len(dst)+utf8.RuneLen(r) > cap(dst) {
			return dst, false
		}
		dst = utf8.AppendRune(dst, r)
	}
	return dst, true
}

// isMadeOfParts says whether every word of s is a part word. A single word is not enough: whole words are
// a list of their own.
func (w *words) isMadeOfParts(s string) bool {
	if strings.IndexAny(s, "123456789") >= 0 {
		return false // no part word has a digit: nearly all identifiers end here
	}
	if !isASCII(s) {
		s = strings.Map(dropMarks, norm.NFKD.String(s))
	}
	n := 0
	for len(s) > 0 {
		begin := strings.IndexFunc(s, isWordRune)
		if begin < 0 {
			break
		}
		s = s[begin:]
		end := strings.IndexFunc(s, notWordRune)
		if end < 0 {
			end = len(s)
		}
		var word [24]byte
		bare, fits := bareOf(word[:0], s[:end])
		if !fits || !w.parts[string(bare)] {
			return false
		}
		s, n = s[end:], n+1
	}
	return n > 1
}

func isWordRune(r rune) bool  { return unicode.IsLetter(r) || unicode.IsDigit(r) }
func notWordRune(r rune) bool { return !isWordRune(r) }

func dropMarks(r rune) rune {
	if unicode.Is(unicode.Mn, r) {
		return -1
	}
	return r
}

// templateMarks are of the languages in which web pages, tag managers and mail templates write variables.
var templateMarks = []string{"{{", "}}", "${", "#{", "<%", "%>", "[[", "]]", "@{"}

// isTemplate says whether s is a variable, or an object that somebody printed: ${user_id}, %EMAIL%,
// [object Object], (null), <unknown>.
func isTemplate(s string) bool {
	if len(s) < 2 {
		return false
	}
	switch [2]byte{s[0], s[len(s)-1]} {
	case [2]byte{'{', '}'}, [2]byte{'[', ']'}, [2]byte{'(', ')'}, [2]byte{'<', '>'}, [2]byte{'%', '%'}, [2]byte{'_', '_'}:
		return true
	}
	if strings.IndexAny(s, "{}%[]") < 0 {
		return false
	}
	for _, mark := range templateMarks {
		if strings.Contains(s, mark) {
			return true
		}
	}
	return false
}

// minRepeats is how many equal characters are a filler where a number might be short and real.
const minRepeats = 4

// minSequence is how many digits one after the other are a filler.
const minSequence = 6

// fillerOf finds values that fingers make: one character over and over, or digits in their order.
func fillerOf(s string, least int) rule {
	if !isASCII(s) {
		return noRule
	}
	var first byte
	n, same, up, down := 0, true, true, true
	var last byte
	for i := range len(s) {
		c := s[i]
		if !isAlphanumeric(c) {
			continue
		}
		if n == 0 {
			first = c
		} else {
			same = same && c|0x20 == first|0x20
			up, down = up && follows(last, c), down && follows(c, last)
		}
		last, n = c, n+1
	}
	switch {
	case n <= 1:
		return ruleEmpty // a single character tells nobody apart
	case same && (n >= least || first|0x20 == 'x'):
		return ruleRepeated
	case n >= minSequence && (up && first <= '1' || down && (first == '9' || last <= '1')):
		return ruleSequence
	}
	return noRule
}

// follows says whether digit b comes after digit a, 0 after 9.
func follows(a, b byte) bool {
	return isDigit(a) && isDigit(b) && (b == a+1 || a == '9' && b == '0')
}

// isRounded says whether s is such as 1.23457E+11, which is a hundred thousand numbers.
func isRounded(s string) bool {
	at := strings.IndexAny(s, "eE")
	if at < 1 || at+2 >= len(s) || s[at+1] != '+' || !onlyDigits(s[at+2:]) {
		return false
	}
	whole, fraction, _ := strings.Cut(strings.Replace(s[:at], ",", ".", 1), ".")
	return onlyDigits(whole) && (fraction == "" || onlyDigits(fraction))
}

// isMasked says whether a part of s was hidden: ***-**-1234, xxxx1234, j•••@mail.
func isMasked(s string) bool {
	if strings.Contains(s, "***") || strings.Contains(s, "•••") || strings.Contains(s, "###") {
		return true
	}
	run := 0
	for i := range len(s) {
		switch c := s[i]; {
		case c|0x20 == 'x':
			if run++; run >= minRepeats {
				return true
			}
		case isAlphanumeric(c):
			run = 0
		}
	}
	return false
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// lower is a letter or digit in lower case.
func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c | 0x20
	}
	return c
}

func isAlphanumeric(c byte) bool { return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'z' }

func onlyDigits(s string) bool {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return false
		}
	}
	return s != ""
}

func onlyOf(b []byte, c byte) bool {
	for i := range b {
		if b[i] != c {
			return false
		}
	}
	return len(b) > 0
}
