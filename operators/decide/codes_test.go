package decide

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestSchemaListsTheCodesOfDecisions: a desk is written from the schema's words, and a code that they leave out
// is one that nobody handles.
func TestSchemaListsTheCodesOfDecisions(t *testing.T) {
	schema, err := os.ReadFile("../../schemas/next_best_action.avsc")
	if err != nil {
		t.Fatal(err)
	}
	news := []string{"flag:<kind>", "duty:<code>", "fact:<code>", "failed_step", "reason", "action", "treatment", "withdrawn:<action>"}
	for begin, want := range map[string][]string{"identity_conflict, ": factCodes[:], "emergency, ": dutyCodes[:], "flag:": news} {
		doc := regexp.MustCompile(`"doc": "[^"]*?(` + begin + `[^."]*)\."`).FindStringSubmatch(string(schema))
		if doc == nil {
			t.Errorf("no list that begins with %s", begin)
			continue
		}
		got := strings.Split(doc[1], ", ")
		slices.Sort(got)
		if want = slices.Sorted(slices.Values(want)); !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
