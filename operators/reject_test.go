package operators

import (
	"errors"
	"testing"

	"github.com/attune-health/attune/pipeline"
)

func TestRejectedRecordsCarryThePlaceOfAPanicAndNoOtherText(t *testing.T) {
	for _, c := range []struct {
		err  error
		want problem
		ok   bool
	}{
		{pipeline.Invalid(pipeline.ReasonPanic, errors.New("at fold.go:12")), problem{"panic", "at fold.go:12"}, true},
		{pipeline.Invalid(pipeline.ReasonPanic, nil), problem{"panic", ""}, true},
		{pipeline.Invalid(reasonUndecodable, errors.New("of patient 7")), problem{reason: reasonUndecodable, detail: ""}, true},
		{errors.New("of patient 7"), problem{}, false},
	} {
		if got, ok := problemOf(c.err, reasonProcessing); got != c.want || ok != c.ok {
			t.Errorf("%v: got %v, %t, want %v, %t", c.err, got, ok, c.want, c.ok)
		}
	}
}
