package patient

import (
	"testing"

	"github.com/attune-health/attune/schemas"
)

// BenchmarkDecisions is the cost of touchpoints that each change what is best: a step fails, the person
// calls, an agent answers, the call ends.
func BenchmarkDecisions(b *testing.B) {
	r := newRig(b, nil)
	b.ReportAllocs()
	cpu := startCPU()
	n := 0
	for b.Loop() {
		who, call := "p-"+string(rune('a'+n%26)), "call-"+string(rune('a'+n%26))+string(rune('a'+n/26%26))+string(rune('a'+n/676%26))
		at := noon + schemas.Millis(n)*schemas.Hour
		r.touch(who, webStep("", at, schemas.WebEventFormError, "refill/form", "R03"))
		r.touch(who, webStep("", at+schemas.Minute, schemas.WebEventFormError, "refill/form", "R03"))
		r.touch(who, callStep("", at+2*schemas.Minute, schemas.CallEventQueued, call))
		r.touch(who, callStep("", at+3*schemas.Minute, schemas.CallEventAnswered, call))
		r.touch(who, callStep("", at+9*schemas.Minute, schemas.CallEventEnded, call))
		n++
		if n%256 == 0 {
			r.out, r.named = map[string][]kept{}, nil
		}
	}
	cpu.report(b)
}
