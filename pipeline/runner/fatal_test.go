package runner

import (
	"errors"
	"fmt"
	"testing"

	"github.com/attune-health/attune/pipeline"
)

// A kind that is a record's own never ends the runner by itself; what a task returned does, of any kind.
func TestWhatEndsTheRunner(t *testing.T) {
	cause := errors.New("cause")
	for _, c := range []struct {
		err  error
		want bool
	}{
		{cause, false},
		{pipeline.Invalid("record", cause), false},
		{pipeline.Transient("broker", cause), false},
		{pipeline.Fenced(pipeline.ReasonProducerFenced, cause), false},
		{pipeline.Refused("new-build", cause), true},
		{pipeline.Corruptf("batch"), true},
		{errors.Join(pipeline.Invalid("record", cause), pipeline.Corruptf("batch")), true},
		{fatalError{pipeline.Invalid("record", cause)}, true},
	} {
		if got := fatal(fmt.Errorf("commit: %w", c.err)); got != c.want {
			t.Errorf("%v of kind %v: got %v", c.err, pipeline.KindOf(c.err), got)
		}
	}
}
