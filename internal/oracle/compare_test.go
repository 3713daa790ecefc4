package oracle_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/attune-health/attune/internal/oracle"
)

// said is what attune says, by the table or view that is asked.
type said map[string][][]string

// Rows implements Tables: contact_facts is asked twice, with and without the start.
func (s said) Rows(_ context.Context, sql string, fn func([]string)) error {
	_, from, _ := strings.Cut(sql, "FROM attune.")
	name := strings.Fields(from)[0]
	if strings.Contains(sql, "current_touchpoints") {
		name = "copies"
	} else if strings.Contains(sql, "started_at") {
		name += " by contact"
	}
	rows, ok := s[name]
	if !ok {
		return fmt.Errorf("%s is not there", name)
	}
	for _, row := range rows {
		fn(slices.Clone(row))
	}
	return nil
}

// twoContacts is an answer, and attune in agreement with it; the third contact is a switchboard's.
func twoContacts() (*oracle.Answer, said) {
	a := &oracle.Answer{
		Contacts: []oracle.Contact{
			{ContactID: "a", Start: 5, Concluded: true, Reason: "R01", Queued: true, Answered: true, WaitMs: 100, FailedSteps: 2, Steps: "e1 e2", DigitalAt: 4, Judged: true},
			{ContactID: "b", Start: 9, Concluded: true, Reason: "R01", Queued: true, Abandoned: true, WaitMs: 50, Repeat: true, Judged: true},
			{ContactID: "x", Start: 9, Concluded: true, Reason: "R01", Crowded: true},
		},
		Cells: []oracle.Cell{{Reason: "R01", Contacts: 3, LastResort: 1, Repeats: 1, Crowded: 1}},
	}
	return a, said{
		"current_contact_facts": {{"a", "1", "true", "true", "2", "false", "1", "0", "1", "100"}, {"b", "1", "true", "false", "0", "true", "1", "1", "0", "50"},
			{"x", "1", "true", "true", "7", "true", "1", "0", "1", "9"}},
		"current_contact_facts by contact": {{"a", "5", "true", "R01", "2", "false", "4", "e1 e2", "true"}, {"b", "9", "true", "R01", "0", "true", "0", "", "false"},
			{"x", "9", "true", "R01", "7", "true", "0", "", "true"}},
		"copies":               {},
		"contacts":             {{"a", "1", "true", "true"}, {"b", "1", "true", "false"}},
		"last_resort_contacts": {{"a", "1", "2", "2"}, {"x", "1", "7", "6"}},
		"contact_resolution":   {{"a", "false", "true", "false"}, {"b", "true", "true", "false"}},
		"current_aggregates":   {{"0", "R01", "0", "3", "2", "1"}},
	}
}

func TestDifferencesNameBothNumbers(t *testing.T) {
	a, attune := twoContacts()
	if found, err := a.Compare(t.Context(), attune); err != nil || len(found) > 0 {
		t.Fatalf("where all agree: %v %v", found, err)
	}
	for _, tt := range []struct {
		name, of, words string
		change          func(said)
	}{
		{"a last resort less in the facts", "last resorts", "1 by the oracle, 0 in contact_facts", func(s said) { s["current_contact_facts"][0][3] = "false" }},
		{"a last resort less in the view", "last resorts", "1 by the oracle, 0 in last_resort_contacts", func(s said) { s["last_resort_contacts"] = nil }},
		{"a step that the view does not find", "failed steps before contacts", "2 by the oracle, 1 in last_resort_contacts", func(s said) { s["last_resort_contacts"][0][3] = "1" }},
		{"two errors that cancel out", "contact a", `failed steps 2, repeat false, last digital step 4, failed [e1 e2] by the oracle, start 5, concluded true, reason "R01", failed steps 0, repeat false, last`,
			func(s said) {
				s["current_contact_facts by contact"][0][4], s["current_contact_facts by contact"][1][4] = "0", "2"
			}},
		{"a contact that is not there", "contact b", "nothing in contact_facts", func(s said) { s["current_contact_facts by contact"] = s["current_contact_facts by contact"][:1] }},
		{"a contact too many", "contact z", "no contact by the oracle", func(s said) {
			s["current_contact_facts by contact"] = append(s["current_contact_facts by contact"], []string{"z", "9", "true", "R01", "0", "false", "0", "", "true"})
		}},
		{"another step", "contact a", "failed [e1 e2] by the oracle", func(s said) { s["current_contact_facts by contact"][0][7] = "e1 e3" }},
		{"another digital step", "contact a", "last digital step 4", func(s said) { s["current_contact_facts by contact"][0][6] = "3" }},
		{"a page that is none", "contact a", "what touchpoints do not", func(s said) { s["copies"] = [][]string{{"a"}} }},
		{"an abandoned call that resolves", "resolved at first contact", "0 by the oracle, 1 in contact_resolution", func(s said) { s["contact_resolution"][1][3] = "true" }},
		{"last resorts in the aggregate", "last resorts concluded in time", "1 by the oracle, 0 in contacts_by_reason", func(s said) { s["current_aggregates"][0][4] = "0" }},
		{"more than switchboards explain", "window 0 R01/0", "3 contacts, 1 last resorts, 1 repeats by the oracle, 3 contacts, 3 last resorts, 1 repeats", func(s said) { s["current_aggregates"][0][4] = "3" }},
		{"a window that is not there", "windows", "1 of contacts by the oracle", func(s said) { s["current_aggregates"] = nil }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, attune := twoContacts()
			tt.change(attune)
			found, err := a.Compare(t.Context(), attune)
			if err != nil || !slices.ContainsFunc(found, func(d oracle.Difference) bool { return d.Of == tt.of && strings.Contains(d.Words, tt.words) }) {
				t.Errorf("%v %v", found, err)
			}
		})
	}
}
