package identify

import (
	"testing"

	"github.com/attune-health/attune/schemas"
)

// A channel may be added before it is said what of its body may be disclosed.
func TestBodyThatNothingIsSaidOfDisclosesNothing(t *testing.T) {
	const another = schemas.TouchpointBodyKind(200)
	v := schemas.Touchpoint{EventID: "e", Body: schemas.TouchpointBody{Kind: another, Web: schemas.Web{Page: "words of a patient"}}}
	disclosure{}.touchpoint(&v)
	if v.Body != (schemas.TouchpointBody{Kind: another}) || v.EventID != "e" {
		t.Error("the body goes past INGEST")
	}
}
