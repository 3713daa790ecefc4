package identify

import (
	"strings"

	"github.com/nyaruka/phonenumbers"

	"github.com/attune-health/attune/operators/emit"
)

// phones brings telephone numbers to E.164. One task owns it.
//
// The library takes some 20 µs and 35 allocations a number. Numbers of the North American plan, which
// have no prefix to strip, are read by hand; a test holds both ways to the same result. What else was
// read is remembered for a while: the same few thousand people call.
type phones struct {
	// region is where numbers without a country code are.
	region string
	// nanp says that the region's national numbers are of the North American plan.
	nanp bool
	// buf holds the last number that was read by hand.
	// It is overwritten by the next number; a form that is kept has to be cloned.
	buf []byte
	// known remembers what the library said, by the text that it was asked for.
	// The map holds identifiers, and so lives in the task alone: it is neither logged nor stored.
	known map[string]phoneForm
}

// phoneForm is what was made of a text.
type phoneForm struct {
	form   string
	nobody rule
}

// rememberedPhones bounds what is remembered: some 100 KB.
// A full map is emptied at once, which is cheaper than knowing which entry is oldest.
const rememberedPhones = 1024

// newPhones needs a region that Validate has accepted.
func newPhones(region string) phones {
	return phones{region: region, nanp: phonenumbers.GetCountryCodeForRegion(region) == 1, known: map[string]phoneForm{}}
}

// of returns the E.164 form of a cleaned text, with ;ext= where there is an extension.
// A number that names nobody is remembered as well: fillers are what comes most often.
func (p *phones) of(s string) (string, rule) {
	if form, r, ok := p.northAmerican(s); ok {
		return form, r
	}
	if f, ok := p.known[s]; ok {
		return f.form, f.nobody
	}
	var f phoneForm
	f.form, f.nobody = p.parse(s)
	if len(p.known) >= rememberedPhones {
		clear(p.known)
	}
	// Clone, since s aliases a record that the engine takes back.
	p.known[strings.Clone(s)] = f
	return f.form, f.nobody
}

// northAmerican reads a number of ten digits, with +1 or 1 before it or, in a region of that plan, with
// nothing, and the usual punctuation. ok is false where that is not what s is.
// The form aliases buf until the next number.
func (p *phones) northAmerican(s string) (form string, nobody rule, ok bool) {
	p.buf = append(p.buf[:0], "+1"...)
	// With a plus the country code is said, and ten digits are no national number.
	plus := s != "" && s[0] == '+'
	for i := range len(s) {
		switch c := s[i]; {
		case isDigit(c):
			p.buf = append(p.buf, c)
		// Other characters may mean an extension or a URI, which the library reads.
		case c == '+' && i == 0, i > 0 && (c == ' ' || c == '-' || c == '.'), c == '(', c == ')':
		default:
			return "", noRule, false
		}
	}
	digits := p.buf[2:]
	switch {
	// The 1 is in buf twice now: one is dropped.
	case len(digits) == 11 && digits[0] == '1' && (plus || p.nanp && digits[1] >= '2'):
		p.buf = append(p.buf[:1], digits...)
	case len(digits) == 10 && p.nanp && !plus && digits[0] >= '2':
	default:
		return "", noRule, false
	}
	form = emit.AliasString(p.buf)
	if form == s {
		form = s // needs no buffer
	}
	return form, nobodyInNorthAmerica(form[2:]), true
}

// parse asks the library. A number need only be possible, not in use: area codes are opened every year, and
// the library of last year does not know them.
func (p *phones) parse(s string) (string, rule) {
	// Before parsing: some of these lines are no possible numbers, and no_phone_number would hide why.
	if knownLines[digitsOf(s)] {
		return "", ruleKnown
	}
	if isMasked(s) {
		return "", ruleMasked
	}
	if isRounded(s) {
		return "", ruleRounded
	}
	// The library turns letters into digits, as on a dial. A name would become a number.
	text, ok := dialled(s)
	if !ok {
		return "", ruleNoPhone
	}
	// The region only matters where the text has no country code.
	n, err := phonenumbers.Parse(text, p.region)
	if err != nil || phonenumbers.IsPossibleNumberWithReason(n) != phonenumbers.IS_POSSIBLE {
		if n = otherwise(text); n == nil {
			return "", ruleOfUnreadable(text)
		}
	}
	national := phonenumbers.GetNationalSignificantNumber(n)
	// On the national part: a country code before it would hide 0000000.
	if r := fillerOf(national, minRepeats); r != noRule {
		return "", r
	}
	// A company's line is not a patient's, whoever calls from it.
	if r := ruleOfLine(n, national); r != noRule {
		return "", r
	}
	// E.164 has one spelling for each line of the world.
	form := phonenumbers.Format(n, phonenumbers.E164)
	if ext := n.GetExtension(); ext != "" {
		form += ";ext=" + ext // many people of one house have one number
	}
	return form, noRule
}

// ruleOfLine finds numbers that are no person's.
func ruleOfLine(n *phonenumbers.PhoneNumber, national string) rule {
	if n.GetCountryCode() == 1 {
		return nobodyInNorthAmerica(national)
	}
	switch phonenumbers.GetNumberType(n) {
	case phonenumbers.TOLL_FREE, phonenumbers.PREMIUM_RATE, phonenumbers.SHARED_COST, phonenumbers.UAN, phonenumbers.VOICEMAIL:
		return ruleService
	}
	return noRule
}

// ruleOfUnreadable tells a filler from what is no number at all.
// The reason tells a site whether its source writes fillers or another format.
func ruleOfUnreadable(s string) rule {
	if r := fillerOf(digitsOf(s), minRepeats); r == ruleRepeated || r == ruleSequence {
		return r
	}
	return ruleNoPhone
}

// otherwise reads a number that lacks its plus, 442079460958 in the United States, or has the 00 of
// Europe, or the 1 that mobile numbers of Mexico had until 2019. It must be one that is in use, since any
// digits would do otherwise.
// It returns nil where nothing fits.
func otherwise(s string) *phonenumbers.PhoneNumber {
	// What is left begins with the country code, if it is a number at all.
	s = strings.TrimLeft(s, "+0")
	if digits := digitsOf(s); len(digits) == 13 && strings.HasPrefix(digits, "521") {
		s = "52" + digits[3:]
	}
	n, err := phonenumbers.Parse("+"+s, "")
	if err != nil || !phonenumbers.IsValidNumber(n) {
		return nil
	}
	return n
}

// dialled takes the number out of what telephone systems write: tel: and sip: URIs, with a name and
// parameters. ok is false where the rest has letters that are no extension, or no digits.
// The host of a sip: URI is the site's own exchange, and says nothing of the caller.
func dialled(s string) (number string, ok bool) {
	// "Name" <sip:+15551234@host>: the number is in the brackets.
	if open := strings.LastIndexByte(s, '<'); open >= 0 {
		s = strings.TrimSuffix(s[open+1:], ">")
	}
	// Spreadsheets: '+15551234, ="5551234", 5551234.0.
	s = strings.Trim(s, "='\"")
	if whole, ok := strings.CutSuffix(s, ".0"); ok && onlyDigits(whole) {
		s = whole
	}
	s = strings.NewReplacer("%2B", "+", "%2b", "+", "%20", " ").Replace(s)
	for _, scheme := range []string{"tel:", "sips:", "sip:", "callto:", "sms:", "whatsapp:", "phone:"} {
		if len(s) > len(scheme) && strings.EqualFold(s[:len(scheme)], scheme) {
			s = s[len(scheme):]
			break
		}
	}
	s, _, _ = strings.Cut(s, "@")
	s, _, _ = strings.Cut(s, ":") // a port
	// Parameters such as user=phone say nothing of who calls.
	number, params, _ := strings.Cut(s, ";")
	if _, ext, found := strings.Cut(params, "ext="); found {
		ext, _, _ = strings.Cut(ext, ";")
		if onlyDigits(ext) {
			number += ";ext=" + ext
		}
	}
	number = strings.TrimSpace(number)
	return number, isDialled(number)
}

// isDialled says whether s is digits and what stands between them, with at most one word, which the
// library knows for an extension.
func isDialled(s string) bool {
	digits := 0
	for i := range len(s) {
		switch c := s[i]; {
		case isDigit(c):
			digits++
		case c >= 0x80, strings.IndexByte("+ -().,/#;=*~", c) >= 0:
		// Letters before any digit are a name, and no extension.
		case digits > 0 && strings.IndexByte("extnsionEXTNSIO", c) >= 0:
		default:
			return false
		}
	}
	return digits > 0
}

// digitsOf is the digits of s.
func digitsOf(s string) string {
	return strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' {
			return r
		}
		return -1
	}, s)
}

// knownLines are what telephone systems send for a caller whom they do not name: the letters of
// ANONYMOUS, RESTRICTED, UNAVAILABLE, UNKNOWN, BLOCKED and PRIVATE on a dial.
var knownLines = map[string]bool{
	"266696687": true, "7378742833": true, "17378742833": true, "86282452253": true, "8656696": true, "2562533": true, "7748283": true,
}

// serviceAreas are the area codes of the North American plan that are no area: toll-free and premium.
// Anybody may call from behind such a line, so that it names no patient.
var serviceAreas = map[string]bool{
	"800": true, "833": true, "844": true, "855": true, "866": true, "877": true, "888": true, "900": true,
}

// nobodyInNorthAmerica finds ten digits that are no person's. Area codes below 200 cannot exist: test
// and demo numbers lie there, and are judged as a whole only.
// It expects the ten digits without country code; other lengths are judged as a whole, too.
func nobodyInNorthAmerica(national string) rule {
	if knownLines[national] {
		return ruleKnown
	}
	if r := fillerOf(national, minRepeats); r != noRule {
		return r
	}
	switch {
	case len(national) != 10 || national[0] < '2':
		return noRule
	// 555-1212 is directory assistance, and x11 are service codes such as 911.
	case serviceAreas[national[:3]], national[3:] == "5551212", national[1:3] == "11":
		return ruleService
	case fillerOf(national[3:], minRepeats) != noRule:
		return fillerOf(national[3:], minRepeats)
	}
	return noRule
}
