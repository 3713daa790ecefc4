package emit

import (
	"errors"
	"testing"

	"github.com/attune-health/attune/pipeline"
)

func TestRejectedRecordsCarryThePlaceOfAPanicAndNoOtherText(t *testing.T) {
	for _, c := range []struct {
		err  error
		want Problem
		ok   bool
	}{
		{pipeline.Invalid(pipeline.ReasonPanic, errors.New("at fold.go:12")), Problem{"panic", "at fold.go:12"}, true},
		{pipeline.Invalid(pipeline.ReasonPanic, nil), Problem{"panic", ""}, true},
		{pipeline.Invalid(ReasonUndecodable, errors.New("of patient 7")), Problem{Reason: ReasonUndecodable, Detail: ""}, true},
		{errors.New("of patient 7"), Problem{}, false},
	} {
		if got, ok := ProblemOf(c.err, ReasonProcessing); got != c.want || ok != c.ok {
			t.Errorf("%v: got %v, %t, want %v, %t", c.err, got, ok, c.want, c.ok)
		}
	}
}
