package identify

import (
	"testing"

	"github.com/attune-health/attune/schemas"
)

// TestIdentifiersAreFoundInAnySpelling: a source may write an identifier in a call id or a reference, and
// hardly ever as it writes it among the identifiers.
func TestIdentifiersAreFoundInAnySpelling(t *testing.T) {
	c := Config{SiteKey: make([]byte, 32)}
	c.SetDefaults()
	f := spellings{forms: newForms(&c, newWords(&c))}
	id := func(kind schemas.IdentifierKind, value string) schemas.Identifier {
		return schemas.Identifier{Kind: kind, Value: schemas.Protected(value)}
	}
	phone, email := id(schemas.IdentifierKindPhone, "+1 (206) 555-0107"), id(schemas.IdentifierKindEmail, "Ana.Lopez@Example-Clinic.org")
	mrn, device := id(schemas.IdentifierKindMrn, "MRN-0084213"), id(schemas.IdentifierKindDevice, "8F14E45F-CEEA-467E-9B3C-0A1B2C3D4E5F")
	for _, x := range []struct {
		id   schemas.Identifier
		text string
		want bool
	}{
		{phone, "PJSIP/+12065550107-0000002a", true},
		{phone, "PJSIP/2065550107-0000002a", true},
		{phone, "sip:206.555.0107@pbx", true},
		{phone, "sip%3A%2B1-206-555-0107", true},
		{phone, "２０６５５５０１０７/7", true},
		{phone, "1764424800.20655", false},
		{phone, "a84b4c76e66710@pc33", false},
		{id(schemas.IdentifierKindPhone, "tel:+442079460958"), "acd/020 7946 0958/3", true},
		{id(schemas.IdentifierKindPhone, "2065550107 x12"), "206-555-0107-12", true},
		{email, "chat-ana.lopez@example-clinic.org-7", true},
		{email, "chat/ANA.LOPEZ%40EXAMPLE-CLINIC.ORG", true},
		{email, "chat-anabel-lopez-7", false},
		{mrn, "call/84213/2", true},
		{mrn, "mrn0084213-2", true},
		{mrn, "MRN-0084213", true},
		{mrn, "call-1842135", false},
		{mrn, "call-84214", false},
		{id(schemas.IdentifierKindMrn, "0012345678"), "x12345678y", true},
		{device, "8f14e45fceea467e9b3c0a1b2c3d4e5f/1", true},
		{device, "8f14e45f-ceea-467e-9b3c-0a1b2c3d4e50/1", false},
		{id(schemas.IdentifierKindContact, "1764424800.17"), "1764424800.17", false},
		{id(schemas.IdentifierKindPhone, "unknown"), "queue-1234", false},
	} {
		if f.of([]schemas.Identifier{x.id}); f.in(x.text) != x.want {
			t.Errorf("%s in %q: %v", x.id.Value.Reveal(), x.text, !x.want)
		}
	}
}

// TestNumbersWithACountryCodeAreFound: the touchpoint that has the call's id may name nobody.
func TestNumbersWithACountryCodeAreFound(t *testing.T) {
	for text, want := range map[string]bool{
		"PJSIP/+15550100077-2a": true, "sip%3A%2B442079460958": true, "＋12065550107": true,
		"1764424800.17": false, "2026-11-29T10:00:00+0100": false, "a+b": false, "+1234567890123456789": false,
	} {
		if hasInternational(text) != want {
			t.Errorf("%q: %v", text, !want)
		}
	}
}

// TestIdentifiersAreLookedForWithoutAllocation: it is done for every field of every touchpoint.
func TestIdentifiersAreLookedForWithoutAllocation(t *testing.T) {
	c := Config{SiteKey: make([]byte, 32)}
	c.SetDefaults()
	f := spellings{forms: newForms(&c, newWords(&c))}
	ids := []schemas.Identifier{{Kind: schemas.IdentifierKindPhone, Value: "+12065550107"}, {Kind: schemas.IdentifierKindMrn, Value: "0084213"}}
	if got := testing.AllocsPerRun(100, func() {
		f.of(ids)
		if f.in("refill/form") || f.in("1764424800.17") {
			t.Fatal("found")
		}
	}); got != 0 {
		t.Errorf("%v allocations", got)
	}
}
