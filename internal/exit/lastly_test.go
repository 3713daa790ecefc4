package exit

import (
	"slices"
	"testing"
)

func TestLastlyDoesWhatWasNotForgottenTheNewestFirst(t *testing.T) {
	var done []string
	for _, name := range []string{"first", "second", "third"} {
		forget := Lastly(func() { done = append(done, name) })
		if name == "second" {
			forget()
		}
		t.Cleanup(forget)
	}
	DoLastly()
	if want := []string{"third", "first"}; !slices.Equal(done, want) {
		t.Errorf("did %v, want %v", done, want)
	}
}
