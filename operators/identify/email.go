package identify

import (
	"strings"

	"golang.org/x/net/idna"
)

// mailbox takes an address out of what mail programs and pages write: mailto:, a name before it.
// Both may come together: <mailto:ana@example.org>.
func mailbox(s string) string {
	// Without the @ this is a placeholder such as <unknown>, whose brackets the placeholder rule needs.
	if open := strings.LastIndexByte(s, '<'); open >= 0 && strings.HasSuffix(s, ">") && strings.IndexByte(s, '@') >= 0 {
		s = trim(s[open+1 : len(s)-1])
	}
	for _, scheme := range []string{"mailto:", "smtp:", "email:"} {
		if len(s) > len(scheme) && strings.EqualFold(s[:len(scheme)], scheme) {
			s, _, _ = strings.Cut(s[len(scheme):], "?") // a link may have a subject
			s = trim(s)
			break
		}
	}
	// Out of a list, or a link.
	s = strings.TrimRight(s, ",;>")
	if at := strings.Index(s, "%40"); at > 0 && strings.IndexByte(s, '@') < 0 {
		s = s[:at] + "@" + s[at+len("%40"):]
	}
	return s
}

// email is the form of an address: in lower case, as every mailbox that a person has is, with the
// domain in ASCII. Dots and what follows a plus sign stay: providers differ in what they mean.
// One address in two cases would be two patients otherwise.
func (f *forms) email(s string) (string, rule) {
	// isMasked does not fit here: a run of x may be a part of a real address.
	if strings.Contains(s, "***") || strings.Contains(s, "•••") {
		return "", ruleMasked
	}
	// Lowered first, so that the rules below compare one case.
	s = f.lowered(s)
	at := strings.LastIndexByte(s, '@')
	if at < 1 || strings.IndexByte(s, '@') != at || strings.ContainsAny(s, " \"<>,;:()") {
		return "", ruleNoEmail
	}
	// A trailing dot is the root of the DNS: both spellings reach one mailbox.
	local, domain := s[:at], strings.TrimRight(s[at+1:], ".")
	if !isASCII(domain) {
		// Mail programs write a domain in either alphabet. One that cannot be converted stays as it is: it is
		// no reason to lose the touchpoint.
		if ascii, err := idna.Lookup.ToASCII(domain); err == nil {
			domain = ascii
		}
	}
	if r := f.nobodysMailbox(local, domain); r != noRule {
		return "", r
	}
	// Nothing was cut off, so that the value needs no copy.
	if len(domain) == len(s)-at-1 {
		return s, noRule
	}
	return local + "@" + domain, noRule
}

// strongWords are the words that a mailbox or a domain of a person would not have as its whole name.
var strongWords = setOf(`
	null undefined none nil unknown anonymous anon nobody noone noname test testing tester testuser testpatient
	test123 dummy fake invalid noemail nomail noemails noreply donotreply nomailaddress asdf asdfgh asdfasdf qwerty foo foobar
	placeholder notprovided notapplicable notavailable unavailable declined refused desconocido ninguno nadie notiene notengo
	noemailaddress noemailprovided emailnotprovided patient deceased nocorreo notengocorreo
	sincorreo sinemail noaplica anonimo prueba nulo correofalso`)

// exampleDomains are what forms show as an example.
var exampleDomains = setOf(`example domain email mail company test sample website yourdomain address ejemplo dominio correo`)

// nobodysMailbox finds addresses that forms are filled with when a person has none.
// One that nobody reads would join all patients whose form was filled in with it.
func (f *forms) nobodysMailbox(local, domain string) rule {
	// A domain has two parts at least; one without a dot reaches nobody outside.
	// .invalid, .localhost and .local never reach a mailbox (RFC 6761, RFC 6762).
	label, rest, _ := strings.Cut(domain, ".")
	top := domain[strings.LastIndexByte(domain, '.')+1:]
	if label == "" || rest == "" || len(top) < 2 || strings.Contains(domain, "..") || top == "invalid" || top == "localhost" || top == "local" {
		return ruleNoEmail
	}
	var room [longestWord]byte
	bare, fits := bareOf(room[:0], local)
	switch {
	// A mailbox longer than any word is not one of them.
	case !fits:
		return noRule
	case len(bare) == 0:
		return ruleNoEmail
	case onlyOf(bare, '0'), strongWords[string(bare)], strongWords[label], f.words.isMadeOfParts(local):
		return rulePlaceholder
	case exampleDomains[label] && f.words.whole[string(bare)]:
		return rulePlaceholder
	// 1234@1234.com, test@test.com, aaa@aaa.com: a form that demands an address gets one.
	case local == label && (onlyDigits(local) || f.words.whole[string(bare)] || fillerOf(local, 1) != noRule):
		return rulePlaceholder
	}
	return noRule
}

// setOf is the set of the words of a text.
// Words stand in one text, which is shorter to read than a literal of a map.
func setOf(text string) map[string]bool {
	set := map[string]bool{}
	for _, word := range strings.Fields(text) {
		set[word] = true
	}
	return set
}
