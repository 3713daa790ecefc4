package identify

import (
	"testing"

	"github.com/attune-health/attune/operators/emit"
	"github.com/attune-health/attune/schemas"
)

func TestSecondReasonIsOneOfTheTaxonomy(t *testing.T) {
	v := validator{taxonomy: schemas.DefaultTaxonomy(), channel: schemas.ChannelCall}
	for second, want := range map[string]emit.Problem{
		"": {}, "R02": {}, schemas.ReasonUnknown: {},
		"R99": {Reason: emit.ReasonUnknownReason, Detail: "body.second_reason"},
	} {
		tp := schemas.Touchpoint{EventID: "acd/1", Channel: schemas.ChannelCall}
		tp.Body.Kind = schemas.TouchpointBodyCall
		tp.Body.Call = schemas.Call{Event: schemas.CallEventDisposition, Reason: "R03", SecondReason: second}
		if got := v.touchpoint(&tp); got != want {
			t.Errorf("%q: %v, want %v", second, got, want)
		}
	}
}
