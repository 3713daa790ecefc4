package schemas

import (
	"strings"
	"testing"
)

func TestNamesAndReferences(t *testing.T) {
	for s, want := range map[string]struct{ name, reference bool }{
		"":                          {true, true},
		"refill/form":               {true, true},
		"self-reported":             {true, true},
		"America/Argentina/Ushuaia": {true, true},
		"Etc/GMT+5":                 {true, true},
		"AA0101":                    {true, true},
		"es-419":                    {true, true},
		"2026/visit:1":              {true, true},
		"314076":                    {false, true},
		"patients/8812345/labs":     {false, true},
		"Jane Doe":                  {false, false},
		"jane@mail.example":         {false, false},
		"results?id=1":              {false, false},
		"José":                      {false, false},
		"a\x00b":                    {false, false},
		strings.Repeat("a", 64):     {true, true},
		strings.Repeat("a", 65):     {false, false},
	} {
		if IsName(s) != want.name || IsReference(s) != want.reference {
			t.Errorf("%q: got %v, %v", s, IsName(s), IsReference(s))
		}
	}
	for s, want := range map[string]bool{
		"abcdefghijklmnopqrstuvwxyz": true, "abcdefghijklmnopqrstuvw234": true, "": false, "abc": false,
		"ABCDEFGHIJKLMNOPQRSTUVWXYZ": false, "abcdefghijklmnopqrstuvwx01": false, "jane.doe@mail.example.abcd": false,
	} {
		if IsPersonRef(s) != want {
			t.Errorf("%q: got %v", s, !want)
		}
	}
}
