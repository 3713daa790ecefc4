package pipeline

import (
	"errors"
	"fmt"
	"testing"
)

func TestWrappingKeepsTheKindOfAnError(t *testing.T) {
	for k := KindInvalid; k <= KindCorrupt; k++ {
		base := error(&Error{k, "reason", errors.New("cause")})
		for name, err := range map[string]error{
			"itself":      base,
			"wrapped":     fmt.Errorf("step: %w", base),
			"twice":       fmt.Errorf("layer: %w", fmt.Errorf("step: %w", base)),
			"with none":   errors.Join(errors.New("close"), base),
			"two verbs":   fmt.Errorf("%w: %w", errors.New("close"), base),
			"joined":      errors.Join(nil, base),
			"kind in err": fmt.Errorf("layer: %w", errors.Join(base, errors.New("release"))),
		} {
			if KindOf(err) != k || ReasonOf(err) != "reason" {
				t.Errorf("%v, %s: got %v, %s", k, name, KindOf(err), ReasonOf(err))
			}
		}
		if k.String() == "unknown" {
			t.Errorf("kind %d has no name", k)
		}
	}
	if KindOf(errors.New("plain")) != 0 || KindOf(nil) != 0 || ReasonOf(errors.New("plain")) != "unknown" {
		t.Error("an error without a kind has one")
	}
}

func TestOfJoinedErrorsTheMostSeriousCounts(t *testing.T) {
	for a := KindInvalid; a <= KindCorrupt; a++ {
		for b := KindInvalid; b <= KindCorrupt; b++ {
			err := fmt.Errorf("both: %w", errors.Join(&Error{a, a.String(), nil}, &Error{b, b.String(), nil}))
			if want := max(a, b); KindOf(err) != want || ReasonOf(err) != want.String() {
				t.Errorf("%v and %v: got %v, %s", a, b, KindOf(err), ReasonOf(err))
			}
		}
	}
}
