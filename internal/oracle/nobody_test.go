package oracle

import "testing"

func TestNumbersOfManyPeopleNameNobody(t *testing.T) {
	for value, want := range map[string]bool{
		"": false, "3.27E+11": false, "1,2e+9": false, "5": false, "00": false, "1111": false, "111": true, "58638107": true, "1112": true, "E+11": true,
	} {
		if got := names(value); got != want {
			t.Errorf("%q names somebody: %v, want %v", value, got, want)
		}
	}
}
