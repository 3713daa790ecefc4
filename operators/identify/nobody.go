package identify

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"html"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/attune-health/attune/schemas"
)

// rule is why a value names nobody. It is a label of metrics and the detail of a rejection: a code that
// stays, and never a part of the value.
// Sites filter their metrics by these codes, so that none may be renamed.
type rule string

const (
	// noRule: the value names somebody.
	noRule rule = ""
	// ruleUnusedKind: of a kind that the site does not use.
	ruleUnusedKind rule = "unused_kind"
	// ruleTooLong: longer than any identifier; a session blob, a token.
	ruleTooLong rule = "too_long"
	// ruleEmpty: nothing that can be seen, or a single character, which tells nobody apart.
	ruleEmpty rule = "empty"
	// rulePlaceholder: a word that stands for nobody.
	rulePlaceholder rule = "placeholder"
	// ruleTemplate: a variable that nothing was put in for.
	ruleTemplate rule = "template"
	// ruleRepeated: one character, or one block, over and over.
	ruleRepeated rule = "repeated"
	// ruleSequence: 123456789 and its like.
	ruleSequence rule = "sequence"
	// ruleRounded: a number that a spreadsheet has rounded, so that many are one.
	ruleRounded rule = "rounded"
	// ruleMasked: a value with its middle hidden, so that many are one.
	ruleMasked rule = "masked"
	// ruleKnown: what a maker gave all its devices, or a telephone system all its strangers.
	ruleKnown rule = "known_default"
	// ruleNoPhone: no number that can be dialled.
	ruleNoPhone rule = "no_phone_number"
	// ruleService: a line of a company or a service, behind which anybody may be.
	ruleService rule = "service_number"
	// ruleNoEmail: no address that mail can reach.
	ruleNoEmail rule = "no_email_address"
	// ruleQuarantined: the guard has found too many persons behind it, or somebody has.
	ruleQuarantined rule = "quarantined"
)

// rules lists all of them, for the documentation's test.
// A rule that the documentation does not explain is a rejection that no site can act on.
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
	limited limitadtracking emulator simulator unknowndevice newpatient newborn babyboy babygirl doejohn zztest zzztest nomrn
	cookie testcookie yourcookiehere insertidhere session expired logout void0 systemobject quotquot nk same sameasabove seechart
	notavailableatthistime nullnull undefinedundefined nullundefined undefinednull nannan xxxxxxxxxxxx4xxxyxxxxxxxxxxxxxxx
	firstlast firstnamelastname yourname youremail deceased sin
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

// words knows the words and the hashes that stand for nobody. It is read by many tasks, and not written once
// it is made.
type words struct {
	// whole and parts hold letters and digits in lower case, without accents.
	whole map[string]bool
	parts map[string]bool
	// forms holds what the site added, in the normal forms of the kinds: any spelling of it counts.
	forms map[string]bool
	// numbered has a bit for each length of a whole word that has a digit: hashes, and a few others. A value
	// with a digit and of another length, as nearly all are, needs no look-up.
	numbered uint64
}

// newWords takes the site's own placeholders along, in every spelling.
// It needs a config with its defaults filled in, and is called once for all tasks of a process.
func newWords(c *Config) *words {
	w := &words{whole: setOf(wholeWords), parts: setOf(partWords), forms: map[string]bool{}}
	// Before the site's own words, whose forms are checked against the hashes.
	w.addHashes()
	f := newForms(c, w)
	for _, s := range c.PlaceholderIdentifiers {
		// A placeholder of the site may be written for any kind of identifier.
		for kind := range f.kinds {
			// What is nobody already needs no entry. Clone, since a form aliases the buffer of f.
			if form, nobody := f.of(schemas.IdentifierKind(kind), s); nobody == noRule {
				w.forms[strings.Clone(form)] = true
			}
		}
	}
	for _, s := range c.PlaceholderIdentifiers {
		// After the forms: a word that is known already would have no form, and only the bare spelling would
		// count.
		if bare, fits := bareOf(make([]byte, 0, longestWord), clean(s)); fits && len(bare) > 0 {
			w.whole[string(bare)] = true
		}
	}
	// Last, since it has to see all words.
	for word := range w.whole {
		if traitsOf(word).of&traitDigit != 0 {
			w.numbered |= 1 << (len(word) - 1)
		}
	}
	return w
}

// addHashes adds the hashes of the words: a site that hashes at the source hashes what was missing, too.
// It is some thousand hashes, once at the start.
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
// It is also the room on the stack that a value is brought to letters and digits in.
const longestWord = 64

// nobody says by which rule that holds for every kind a cleaned value names nobody. What holds for numbers,
// such as equal digits, does not: call ids are counters, and the thousandth one may be 1111.
func (w *words) nobody(s string) rule {
	t := traitsOf(s)
	// The fast way out for nearly all: a digit, plain characters, and a length that no word with a digit has.
	// A minus may be -1, and an underscore a template.
	if t.of&(traitDigit|traitBracket|traitOther) == traitDigit && w.numbered>>(t.alphanumeric-1)&1 == 0 && s[0] != '-' && s[0] != '_' {
		return noRule
	}
	// On the stack: this runs for every identifier.
	var bare [longestWord]byte
	text, fits := bareOf(bare[:0], s)
	// A value that came through a URL or a page: %22null%22, &quot;null&quot;.
	if plain := unescapedOf(s); plain != s {
		if r := w.nobody(trim(plain)); r != noRule {
			return r
		}
	}
	switch {
	// Punctuation alone, such as a dash in a cell.
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

// unescapedOf is a text without the escapes of URLs and pages. It gets shorter each time.
func unescapedOf(s string) string {
	if strings.IndexByte(s, '%') >= 0 {
		if plain, err := url.PathUnescape(s); err == nil {
			return plain
		}
	}
	if strings.IndexByte(s, '&') >= 0 {
		return html.UnescapeString(s)
	}
	return s
}

// leftOver are words that programs print for a value that they do not have. All have an n.
var leftOver = setOf(`undefined null nan nil none unknown anonymous unavailable desconocido ninguno`)

// mostBeside is how many letters and digits may stand beside such a word. With more the value may tell
// somebody apart by them.
const mostBeside = 4

// isLeftOver says whether a number, device or cookie is made around a value that was missing: MRN-UNKNOWN,
// GA1.2.undefined, uid=null.
func isLeftOver(s string) bool {
	if strings.IndexByte(s, 'n') < 0 && strings.IndexByte(s, 'N') < 0 || len(s) > longestWord {
		return false
	}
	found, beside := false, 0
	var room [longestWord]byte
	for begin := 0; begin < len(s); {
		end := begin
		for end < len(s) && isAlphanumeric(s[end]) {
			end++
		}
		word, _ := bareOf(room[:0], s[begin:end])
		if leftOver[string(word)] {
			found = true
		} else {
			beside += len(word)
		}
		begin = end + 1
	}
	return found && beside <= mostBeside
}

// bareOf appends the letters and digits of s, in lower case and without accents. fits is false where
// dst has no room for all.
// It never grows dst, which lies on the caller's stack.
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
// It expects decomposed text, whose accents are runes of their own and fall out.
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
// "unknown caller" is caught without a list of all pairs of words.
func (w *words) isMadeOfParts(s string) bool {
	if strings.ContainsAny(s, "123456789") {
		return false // no part word has a digit: nearly all identifiers end here
	}
	// Accents first, since nulo and núlo are one word to whoever types.
	if !isASCII(s) {
		s = strings.Map(dropMarks, norm.NFKD.String(s))
	}
	// n counts the words.
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

// isWordRune says whether r is a part of a word; everything else parts words.
func isWordRune(r rune) bool  { return unicode.IsLetter(r) || unicode.IsDigit(r) }
func notWordRune(r rune) bool { return !isWordRune(r) }

// dropMarks leaves accents out of decomposed text: ó is o, as it is where people type in a hurry.
// Mn are the marks that stand on a letter; other marks part words.
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
// Such a value is the same for every visitor, and would make one patient of them all.
func isTemplate(s string) bool {
	if len(s) < 2 {
		return false
	}
	switch [2]byte{s[0], s[len(s)-1]} {
	case [2]byte{'{', '}'}, [2]byte{'[', ']'}, [2]byte{'(', ')'}, [2]byte{'<', '>'}, [2]byte{'%', '%'}, [2]byte{'_', '_'}:
		return true
	}
	if !strings.ContainsAny(s, "{}%[]") {
		return false
	}
	// A mark anywhere is enough: the variable may stand in a text.
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
// Shorter runs are met by chance: 1234 ends many numbers.
const minSequence = 6

// fillerOf finds values that fingers make: one character over and over, or digits in their order. What
// stands between the digits does not matter: 000-00-0000 is one character. An x is a filler in any number,
// other characters from least on: a short number may be real.
func fillerOf(s string, least int) rule {
	if !isASCII(s) {
		return noRule // nobody fills in letters of another alphabet digit by digit
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
			// Compared without case below: XxXx is one character.
			first = c
		} else {
			same = same && c|0x20 == first|0x20
			// Both ways are followed at once, in one pass over the value.
			up, down = up && follows(last, c), down && follows(c, last)
		}
		if last, n = c, n+1; !same && !up && !down {
			return noRule
		}
	}
	switch {
	case n <= 1:
		return ruleEmpty // a single character tells nobody apart
	case same && (n >= least || first|0x20 == 'x'):
		return ruleRepeated
	// A sequence from the middle, 456789, may be a real number; fingers begin at an end of the keyboard.
	case n >= minSequence && (up && first <= '1' || down && (first == '9' || last <= '1')):
		return ruleSequence
	}
	return noRule
}

// follows says whether digit b comes after digit a, 0 after 9.
func follows(a, b byte) bool {
	return isDigit(a) && isDigit(b) && (b == a+1 || a == '9' && b == '0')
}

// isRounded says whether s is such as 1.23457E+11, which is a hundred thousand numbers: a list of patients
// has been through a spreadsheet on its way.
// A comma is the decimal point of Spanish spreadsheets.
func isRounded(s string) bool {
	at := strings.IndexAny(s, "eE")
	if at < 1 || at+2 >= len(s) || s[at+1] != '+' || !onlyDigits(s[at+2:]) {
		return false
	}
	// Digits on both sides of the point, or it is a code that happens to have an E.
	whole, fraction, _ := strings.Cut(strings.Replace(s[:at], ",", ".", 1), ".")
	return onlyDigits(whole) && (fraction == "" || onlyDigits(fraction))
}

// isMasked says whether a part of s was hidden: ***-**-1234, xxxx1234, j•••@mail.
func isMasked(s string) bool {
	if strings.Contains(s, "***") || strings.Contains(s, "•••") || strings.Contains(s, "###") {
		return true
	}
	// Four x in a row, or more, are no letters of a name.
	run := 0
	for i := range len(s) {
		switch c := s[i]; {
		// Separators within a run do not end it: xx-xx is a mask, too.
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

// isDigit knows ASCII digits only: those of other scripts are brought to these by NFKC, or are letters here.
func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// lower is a letter or digit in lower case.
func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c | 0x20
	}
	return c
}

// isAlphanumeric knows ASCII letters and digits only.
func isAlphanumeric(c byte) bool { return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'z' }

// onlyDigits says whether s is digits, and at least one.
func onlyDigits(s string) bool {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return false
		}
	}
	return s != ""
}

// onlyOf says whether b is one character, over and over.
func onlyOf(b []byte, c byte) bool {
	for i := range b {
		if b[i] != c {
			return false
		}
	}
	return len(b) > 0
}
