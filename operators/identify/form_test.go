package identify

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/nyaruka/phonenumbers"

	"github.com/attune-health/attune/schemas"
)

const (
	mrnKind    = schemas.IdentifierKindMrn
	memberKind = schemas.IdentifierKindMember
	phoneKind  = schemas.IdentifierKindPhone
	emailKind  = schemas.IdentifierKindEmail
	deviceKind = schemas.IdentifierKindDevice
	cookieKind = schemas.IdentifierKindCookie
	callKind   = schemas.IdentifierKindContact
)

func testConfig() *Config {
	c := &Config{SiteKey: []byte("a key of the tests, not secret")}
	c.SetDefaults()
	return c
}

func testForms(change func(*Config)) *forms {
	c := testConfig()
	if change != nil {
		change(c)
	}
	return newForms(c, newWords(c))
}

// namesNobody is, by kind, what people, programs and machines write when they know nobody.
var namesNobody = map[schemas.IdentifierKind][]string{
	mrnKind: {
		"", " ", "\t\n", "\u200b", "\ufeff", "\x00", "\u3164", "\u2800", "''", `""`, `" "`, "-", "--", ".", "?", "N/A", "n.a.", "na", "NONE", "none ", "Unknown",
		"UNK", "unknown patient", "Test Patient", "TEST", "TBD", "t.b.d.", "pending", "000-00-0000", "0000000", "0", "00", "-1", "-99", "1111111", "77777777",
		"999-99-9999", "123456789", "0123456789", "1234567890", "123-45-6789", "987654321", "654321", "xxxxxxx", "xxx-Xx-xxxX", "xxXxx1234", "***-**-1234",
		"1.23457E+11", "1,5e+09", "mrn", "#N/A", "#REF!", "NaN", "undefined", "[object Object]", "${mrn}", "{{patient.mrn}}", "%MRN%", "<mrn>", "(none)", "__MRN__",
		"desconocido", "Ninguno", "no aplica", "N/D", "s/n", "sin número", "SIN NUMERO", "paciente de prueba", "no tiene", "pendiente", "por definir", "prueba",
		"d41d8cd98f00b204e9800998ecf8427e", "7", "a", "John Doe", "not provided", "not on file", "deleted", "MRN-none", "MRN: unknown", "mrn=null", "UNKNOWN-001", "New Patient", "Baby Boy",
		"Doe^John", "n/k", "nullnull", "no MRN", "see chart", "not available at this time", "０００００００", "000-00-0000 ", "ＮＵＬＬ", "nu\u00adll", "&nbsp;", `\N`,
	},
	memberKind: {"none", "000000000", "N/A", "123456789", "999999999", "unknown member id?" /* only words */, "tbd", "XxXxXxXx", "no number"},
	phoneKind: {
		"", "Restricted", "Private", "PRIVATE NUMBER", "anonymous", "Anonymous", "anonymous@anonymous.invalid", "sip:anonymous@anonymous.invalid",
		`"Anonymous" <sip:anonymous@anonymous.invalid>`, "sip:restricted@10.0.0.1", "<sip:unavailable@192.168.1.1:5060>", "unavailable", "Unknown", "withheld",
		"Withheld Number", "Blocked", "No Caller ID", "out of area", "payphone", "unknown caller", "número privado", "Número oculto", "desconocido", "privado",
		"sin teléfono", "no disponible", "+00000000000", "0000000000", "000-000-0000", "9999999999", "+19999999999", "(999) 999-9999", "5555555555", "555-555-5555",
		"1111111111", "+11111111111", "1234567890", "123-456-7890", "+11234567890", "0123456789", "+1 012 345 6789", "9876543210", "2125555555", "(212) 000-0000",
		"212-999-9999", "212-123-4567", "212-555-1212", "18005551234", "+18005551234", "800-555-0199", "888.555.0199", "9005550100", "911", "411", "0", "00", "-1", "4711", "5550100", "+1911",
		"266696687", "+266696687", "7378742833", "17378742833", "86282452253", "8656696", "p1", "tel:", "sip:@", "+", "+1", "12345", "+123", "1.55501E+10", "xXx-XxX-1234", "+1*******12",
		"ext 12", "x12", "null", "${phone}", "{{phone}}", "NaN", "+999999999999999", "55501000015550100001", "+448001234567", "0800 123 4567", "n/a", "no phone",
	},
	emailKind: {
		"", "@", "none", "none@none.com", "NONE@NONE.COM", "no@", "@no.com", "a@b", "ana@localhost", "anonymous@anonymous.invalid", "null@null.com", "undefined@undefined",
		"noemail@noemail.com", "no.email@hospital.org", "no-reply@shop.com", "noreply@bank.com", "donotreply@clinic.org", "test@test.com", "test@gmail.com", "unknown@unknown.com",
		"unknown@hospital.org", "x@x.com", "a@a.com", "xxx@xxx.com", "123@123.com", "asdf@asdf.com", "email@email.com", "user@example.com", "name@domain.com", "your.name",
		"sin correo", "sincorreo@gmail.com", "notiene@notiene.com", "no tiene", "anonimo@x.org", "desconocido@hotmail.com", "[email protected]", "{{email}}", "${email}", "%EMAIL%",
		"j***@gmail.com", "000@000.com", "0@0.0", "ana ruiz@example.org", "ana@@example.org", "ana@example..org", "ana@.org", "mailto:", "n/a", "<>", "-@-.com", "declined@declined.com", "N/A@N/A.com", "unknown@unknown.com.", "patient@hospital.org", "email@address.com", "first.last@example.com",
		"noemailprovided@gmail.com", "no.correo@hospital.org", "deceased@hospital.org", "n.a@n.a", "none%40none.com",
	},
	deviceKind: {
		"", "00000000-0000-0000-0000-000000000000", "{00000000-0000-0000-0000-000000000000}", "00000000000000000000000000000000", "00000000-0000-0000-0000-000000000001",
		"ffffffff-ffff-ffff-ffff-ffffffffffff", "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF", "11111111-2222-3333-4444-555555555555", "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
		"12345678-1234-1234-1234-123456789012", "12345678-1234-1234-1234-123456789ABC", "01234567-89ab-cdef-0123-456789abcdef", "00112233-4455-6677-8899-aabbccddeeff",
		"deadbeef-dead-beef-dead-beefdeadbeef", "urn:uuid:00000000-0000-0000-0000-000000000000", "02:00:00:00:00:00", "02-00-00-00-00-00", "00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff", "AA:BB:CC:DD:EE:FF", "11:22:33:44:55:66",
		"9774d56d682e549c", "9774D56D682E549C", "000000000000000", "004999010640000", "012345678912345", "0123456789ABCDEF", "1234567890abcdef", "unknown", "null", "(null)", "nil", "None", "device_id", "generic device?" /* not all words */, "idfa:00000000-0000-0000-0000-000000000000", "IDFA-00000000-0000-0000-0000-000000000000",
		"00000000-00000000-00000000-00000000", "Unknown Device", "limit_ad_tracking", "12345678-9abc-def0-1234-56789abcdef0", "cafebabecafebabe", "abcdef0123456789", "abcdefabcdefabcdefab", "xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx", "simulator",
	},
	cookieKind: {
		"", "NaN", "[object Object]", "(null)", " null ", `""`, "guest", "(not set)", "\u200b", "\x00", "{{user_id}}", "undefined", "anonymous", "OPTOUT", "opt_out", "opted-out", "DNT", "no-consent", "cookieless",
		"[object Undefined]", "Object object", "null null", "undefined.undefined", "true", "false", "0", "0.0", "-1", "1", "11111111", "googlebot?" /* not a word */, "bot", "<%= user.id %>", "${USER}", "#{id}", "@{id}", "[[id]]",
		"00000000-0000-0000-0000-000000000000", "invitado", "usuario anónimo", "visitante?" /* not a word */, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		"37a6259cc0c1dae299a7866489dff0bd", "74234e98afe7498fb5daf1f36ac2d78acc339464f950703b8c019892f982b90b", "Infinity", "no_cookie", "undefined-undefined", "GA1.2.undefined.undefined", "GA1.2.NaN.NaN", "amp-undefined", "uid=null", "%5Bobject%20Object%5D", "%22null%22", "%7B%7Buser%7D%7D",
		"&quot;null&quot;", "nullundefined", "test cookie", "void 0",
	},
	callKind: {"", "unknown", "null", "n/a", "(null)", "${call_id}", "0", "-1", "\u200b", "undefined"},
}

// notNobody are the values above that are there to show where the rules end.
var notNobody = []string{"unknown member id?", "generic device?", "googlebot?", "visitante?"}

func TestValuesThatNameNobody(t *testing.T) {
	f := testForms(nil)
	for kind, values := range namesNobody {
		for _, v := range values {
			form, nobody := f.of(kind, v)
			if slices.Contains(notNobody, v) {
				continue
			}
			if nobody == noRule || form != "" {
				t.Errorf("%s %q is taken for somebody, %q", kind, v, form)
			}
			if nobody != noRule && !slices.Contains(rules, nobody) {
				t.Errorf("%s %q: rule %q is not listed", kind, v, nobody)
			}
		}
	}
}

func TestValuesThatNameSomebody(t *testing.T) {
	f := testForms(nil)
	for kind, values := range map[schemas.IdentifierKind][]string{
		mrnKind:    {"m1", "MRN-00000000", "NOID", "NONE-84213", "WITHID", "ANNE", "E1234567", "00012345", "10000000", "12-34-57", "222", "5678901", "IDFA-1700000000", "A:123", "TESTA", "Nula-7"},
		memberKind: {"M00000013", "MBR77-PLANTED-01", "W123456789", "XYZ123456789"},
		phoneKind:  {"+15550100001", "+1 (555) 010-0001", "+11000000012", "5550100001", "2125550123", "+442079460958", "442079460958", "011 44 20 7946 0958", "+34 612 345 678", "+5215512345678", "sip:+15550100001@pbx.example", "15550100002 x12", "2125550000"},
		emailKind: {"ana.ruiz@example.org", "jane.plantedname@mail.example", "na@gmail.com", "smith@smith.com", "mail@garcia.com", "nadia@hotmail.com", "testa@gmail.com", "a@b.co", "o'hara@example.org", "ana+portal@example.org",
			"ana@xn--mnchen-3ya.de", "info@clinic.org", "nulo.diaz@example.org"},
		deviceKind: {"7f9a2c1e-1111-4222-8333-944455556666", "7F9A2C1E111142228333944455556666", "device-planted-93ab", "3c:22:fb:01:02:03", "490154203237518", "d1", "device-12"},
		cookieKind: {"c1", "new", "GA1.2.1033501218.1368477899", "9f86d081884c7d659a2feaa0c55ad015", "visitor-17", "Zm9vYmFy", "a1.null.8842917", "annina", "50%25", "cookie-planted-51fe", "guestlist7"},
		callKind:   {"7", "1111", "123456", "call-1", "PJSIP/trunk-0000002a", "call-0", "000042"},
	} {
		for _, v := range values {
			if form, nobody := f.of(kind, v); nobody != noRule || form == "" {
				t.Errorf("%s %q names nobody by %s", kind, v, nobody)
			}
		}
	}
}

func TestSpellingsOfOneIdentifierAreOne(t *testing.T) {
	site := func(c *Config) {
		c.MRN = NumberForm{Prefixes: []string{"MRN", "mr#", "MRN-A"}, Separators: "-./", LeadingZeros: true}
	}
	europe := func(c *Config) { c.PhoneRegion = "ES" }
	for _, c := range []struct {
		kind   schemas.IdentifierKind
		change func(*Config)
		want   string
		others []string
	}{
		{emailKind, nil, "ana.ruiz@example.org", []string{"Ana.Ruiz@Example.org", " ana.ruiz@example.org\u00a0", "ANA.RUIZ@EXAMPLE.ORG.", "mailto:ana.ruiz@example.org", "Ana Ruiz <Ana.Ruiz@example.org>", "<ana.ruiz@example.org>",
			"ａｎａ.ruiz@example.org", "\u200bana.ruiz@example.org", `"ana.ruiz@example.org"`, "mailto:<mailto:ana.ruiz@example.org>", "mailto:ana.ruiz@example.org?subject=x", "ana.ruiz%40example.org", "ana.ruiz@example.org;", "ana.ruiz@example.org.."}},
		{emailKind, nil, "ana@xn--mnchen-3ya.de", []string{"ana@münchen.de", "Ana@MÜNCHEN.de", "ana@mu\u0308nchen.de", "ana@XN--MNCHEN-3YA.de"}},
		{phoneKind, nil, "+15550100001", []string{"+1 (555) 010-0001", "15550100001", "5550100001", "555-010-0001", "(555) 010-0001", "555.010.0001", "1-555-010-0001", "+1-555-010-0001", "tel:+1-555-010-0001", "sip:+15550100001@10.0.0.1",
			`"ANA" <sip:15550100001@pbx.example;user=phone>`, "011 1 555 010 0001", "+1 555\u00a0010\u20110001", "＋１５５５０１００００１", " +15550100001\u202c", "\u202a+15550100001\u202c", "555 0100 001", "+1(555)0100001", "%2B15550100001", "sms:+15550100001", "sip:+15550100001:5060", "'+15550100001", "=\"5550100001\"", "5550100001.0"}},
		{phoneKind, nil, "+15550100001;ext=12", []string{"555-010-0001 x12", "+15550100001 ext. 12", "tel:+1-555-010-0001;ext=12", "(555) 010-0001 extension 12", "15550100001 x 12"}},
		{phoneKind, nil, "+442079460958", []string{"+44 (0)20 7946 0958", "442079460958", "0044 20 7946 0958", "011442079460958", "+4402079460958"}},
		{phoneKind, europe, "+34612345678", []string{"612 345 678", "+34 612-34-56-78", "0034612345678", "34612345678", "612.345.678"}},
		{phoneKind, europe, "+12125550123", []string{"+1 212 555 0123", "001 212 555 0123", "12125550123"}},
		{phoneKind, nil, "+525512345678", []string{"+52 1 55 1234 5678", "5215512345678", "+52 55 1234 5678", "011 52 55 1234 5678"}},
		{mrnKind, nil, "MRN5É", []string{"MRN5\u00e9", "MRN5e\u0301", "mrn5é", " MRN5É ", "MRN 5É", "ＭＲＮ５É"}},
		{mrnKind, nil, "0012345", []string{"0012345", " 0012345\r\n", "001 2345", "'0012345'", "0012345\u200b"}},
		{mrnKind, site, "12345", []string{"0012345", "MRN 0012345", "mrn-a-12345", "MR# 12.345", "12-345", "MRNMRN12345", "00 MRN 12345"}},
		{memberKind, nil, "W1234567", []string{"w1234567", "W 1234567"}},
		{deviceKind, nil, "7f9a2c1e-1111-4222-8333-944455556666", []string{"7F9A2C1E-1111-4222-8333-944455556666", "{7F9A2C1E-1111-4222-8333-944455556666}", "urn:uuid:7f9a2c1e-1111-4222-8333-944455556666", " 7f9a2c1e-1111-4222-8333-944455556666\x00"}},
		{deviceKind, nil, "3c:22:fb:01:02:03", []string{"3C:22:FB:01:02:03", "3c-22-fb-01-02-03"}},
		{deviceKind, nil, "a1b2c3d4e5f60718", []string{"A1B2C3D4E5F60718"}},
		{cookieKind, nil, "7f9a2c1e-1111-4222-8333-944455556666", []string{"7F9A2C1E-1111-4222-8333-944455556666", `"7f9a2c1e-1111-4222-8333-944455556666"`}},
		{cookieKind, nil, "Zm9vYmFy", []string{" Zm9vYmFy", `"Zm9vYmFy"`, "Zm9vYmFy\u200b"}},
		{callKind, nil, "PJSIP/2a", []string{" PJSIP/2a "}},
	} {
		f := testForms(c.change)
		for _, v := range append(c.others, c.want) {
			if got, nobody := f.of(c.kind, v); got != c.want {
				t.Errorf("%s %q: got %q (%s), want %q", c.kind, v, got, nobody, c.want)
			}
		}
	}
}

// What may be two persons stays two: a wrong join shows one patient's history to another.
func TestSpellingsThatMayBeTwoPersonsStayTwo(t *testing.T) {
	f := testForms(nil)
	for _, c := range []struct {
		kind schemas.IdentifierKind
		a, b string
	}{
		{mrnKind, "0012345", "12345"}, {mrnKind, "12-345", "123-45"}, {mrnKind, "A:123", "B:123"}, {mrnKind, "A-123", "A123"}, {mrnKind, "M\xe9", "M\xe8"},
		{cookieKind, "Zm9vYmFy", "zm9vymfy"}, {deviceKind, "Zm9vYmFy", "zm9vymfy"}, {emailKind, "ana.ruiz@example.org", "anaruiz@example.org"},
		{emailKind, "ana+a@example.org", "ana+b@example.org"}, {phoneKind, "+15550100001", "+15550100001 x1"}, {phoneKind, "+34612345678", "+15612345678"}, {callKind, "Call-1", "call-1"},
	} {
		a, _ := f.of(c.kind, c.a)
		a = strings.Clone(a)
		if b, _ := f.of(c.kind, c.b); a == b {
			t.Errorf("%s: %q and %q are both %q", c.kind, c.a, c.b, b)
		}
	}
}

func TestPlaceholdersOfTheSite(t *testing.T) {
	f := testForms(func(c *Config) { c.PlaceholderIdentifiers = []string{"Kiosk-3", "+1 555 010 0100"} })
	for kind, v := range map[schemas.IdentifierKind]string{deviceKind: "KIOSK-3 ", phoneKind: "+1 555 010 0100"} {
		if _, nobody := f.of(kind, v); nobody != rulePlaceholder {
			t.Errorf("%q: got rule %q", v, nobody)
		}
	}
	if _, nobody := f.of(phoneKind, "5550100100"); nobody != rulePlaceholder {
		t.Errorf("another spelling of the site's placeholder: got rule %q", nobody)
	}
	if _, nobody := f.of(deviceKind, "kiosk-33"); nobody != noRule {
		t.Errorf("kiosk-33: got rule %q", nobody)
	}
}

func TestAsWrittenHashesWhatTheSourceWrote(t *testing.T) {
	f := testForms(func(c *Config) { c.Form = FormAsWritten })
	if got, nobody := f.of(phoneKind, "+1 (555) 010-0001"); got != "+1 (555) 010-0001" || nobody != noRule {
		t.Errorf("got %q, %q", got, nobody)
	}
	if _, nobody := f.of(phoneKind, "Restricted"); nobody == noRule {
		t.Error("a withheld number is taken for a person")
	}
}

func TestKindsThatTheSiteDoesNotUse(t *testing.T) {
	f := testForms(func(c *Config) { c.IdentifierOrder = []schemas.IdentifierKind{mrnKind} })
	if _, nobody := f.of(cookieKind, "c1"); nobody != ruleUnusedKind {
		t.Errorf("got rule %q", nobody)
	}
	if _, nobody := f.of(mrnKind, strings.Repeat("7a", 200)); nobody != ruleTooLong {
		t.Errorf("got rule %q", nobody)
	}
}

// formOneIs is the hash of what form 1 makes of every value of these tests. If it changes, so do the
// journeys of a site that has such values: the change needs a form of another name.
const formOneIs = "ada18969d27bcde0"

func TestFormOneIsWhatItWas(t *testing.T) {
	f := testForms(nil)
	h := sha256.New()
	for _, kind := range []schemas.IdentifierKind{mrnKind, memberKind, phoneKind, emailKind, deviceKind, cookieKind, callKind} {
		for _, v := range stableValues {
			form, nobody := f.of(kind, v)
			fmt.Fprintf(h, "%s %q %q %s\n", kind, v, form, nobody)
		}
	}
	if got := hex.EncodeToString(h.Sum(nil)[:8]); got != formOneIs {
		t.Errorf("form 1 makes something else of the same values: %s, was %s", got, formOneIs)
	}
}

// stableValues are some of each kind that form 1 changes, and does not.
var stableValues = []string{
	"Ana.Ruiz@Example.org", "ana@münchen.de", "+1 (555) 010-0001", "15550100002", "+44 (0)20 7946 0958", "+5215512345678", "612 345 678", "MRN5e\u0301", "mrn 0012345",
	"7F9A2C1E-1111-4222-8333-944455556666", "3C-22-FB-01-02-03", "A1B2C3D4E5F60718", "Zm9vYmFy", `"quoted"`, "555-010-0001 x12", "M\xe9", "ﬁ-12", "İ-7", "ß42", "null", "0000-0000",
}

// The reading by hand is no other reading than the library's.
func TestNorthAmericanNumbersAreReadAsTheLibraryReadsThem(t *testing.T) {
	for _, region := range []string{"US", "CA", "ES"} {
		for _, v := range []string{"+15550100001", "+11000000012", "15550100001", "5550100001", "(555) 010-0001", "1000000012", "11000000012", "+1 2125550123", "212-555-0123", "55501000012", "0155501000", "+1-000-555-0100"} {
			checkAsLibrary(t, region, v)
		}
	}
}

func FuzzNorthAmericanNumber(f *testing.F) {
	for _, v := range []string{"+15550100001", "1-555-010-0001", "(555) 010 0001", "((5))550100001", "555.010.0001."} {
		f.Add(v)
	}
	f.Fuzz(func(t *testing.T, v string) { checkAsLibrary(t, "US", v) })
}

func checkAsLibrary(t *testing.T, region, v string) {
	t.Helper()
	p := newPhones(region)
	form, nobody, ok := p.northAmerican(v)
	if !ok || nobody != noRule {
		return
	}
	n, err := phonenumbers.Parse(v, region)
	if err != nil || phonenumbers.IsPossibleNumberWithReason(n) != phonenumbers.IS_POSSIBLE {
		t.Errorf("%s %q: read as %q, the library refuses it (%v)", region, v, form, err)
		return
	}
	if want := phonenumbers.Format(n, phonenumbers.E164); form != want {
		t.Errorf("%s %q: got %q, want %q", region, v, form, want)
	}
}

// FuzzForm: a form is the form of itself, is hashed by no other name, and nothing panics.
func FuzzForm(f *testing.F) {
	for kind, values := range namesNobody {
		for _, v := range values {
			f.Add(uint8(kind), v)
		}
	}
	for _, v := range stableValues {
		for kind := range uint8(schemas.IdentifierKindCount) {
			f.Add(kind, v)
		}
	}
	plain := testForms(nil)
	site := testForms(func(c *Config) {
		c.MRN = NumberForm{Prefixes: []string{"MRN", "mr#"}, Separators: "-./", LeadingZeros: true}
		c.PhoneRegion = "MX"
	})
	f.Fuzz(func(t *testing.T, kind uint8, v string) {
		for _, x := range []*forms{plain, site} {
			k := schemas.IdentifierKind(kind)
			form, nobody := x.of(k, v)
			if nobody != noRule {
				continue
			}
			form = strings.Clone(form)
			if again, nobody := x.of(k, form); again != form || nobody != noRule {
				t.Errorf("%s %q: %q becomes %q (%s)", k, v, form, again, nobody)
			}
			if form == "" {
				t.Errorf("%s %q: the form is empty", k, v)
			}
		}
	})
}

func BenchmarkForm(b *testing.B) {
	f := testForms(nil)
	for name, id := range map[string]schemas.Identifier{
		"mrn": {Kind: mrnKind, Value: "MRN-00012345"}, "cookie": {Kind: cookieKind, Value: "9f86d081884c7d659a2feaa0c55ad015"}, "visitor": {Kind: cookieKind, Value: "visitor-1234567890123"},
		"device": {Kind: deviceKind, Value: "7f9a2c1e-1111-4222-8333-944455556666"}, "deviceUpper": {Kind: deviceKind, Value: "7F9A2C1E-1111-4222-8333-944455556666"},
		"phone": {Kind: phoneKind, Value: "+15550100001"}, "phoneTyped": {Kind: phoneKind, Value: "(555) 010-0001"}, "phoneAbroad": {Kind: phoneKind, Value: "+442079460958"},
		"email": {Kind: emailKind, Value: "ana.ruiz@example.org"}, "emailTyped": {Kind: emailKind, Value: "Ana.Ruiz@Example.org"},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				f.of(id.Kind, id.Value.Reveal())
			}
		})
	}
}

func TestDocumentsNameEveryRule(t *testing.T) {
	for _, name := range []string{"identity.md", "metrics.md"} {
		text, err := os.ReadFile("../../docs/" + name)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rules {
			if !strings.Contains(string(text), "`"+string(r)+"`") {
				t.Errorf("docs/%s lacks %s", name, r)
			}
		}
	}
}
