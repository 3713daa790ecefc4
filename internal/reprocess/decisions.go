package reprocess

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	"github.com/attune-health/attune/schemas"
)

// aspects are what somebody does or is told by a decision. Scores and probabilities are not among them:
// where they matter, one of these differs.
var aspects = [...]struct {
	name string
	of   func(v *schemas.NextBestAction) []any
}{
	{"delivery", func(v *schemas.NextBestAction) []any { return []any{v.Delivered, v.Cancelled} }},
	{"action", func(v *schemas.NextBestAction) []any {
		return []any{v.Action.ID, v.Action.Treatment, v.Action.Channel, v.Action.Service, v.Action.Number}
	}},
	{"reason", func(v *schemas.NextBestAction) []any { return []any{topReason(v)} }},
	{"last_resort", func(v *schemas.NextBestAction) []any { return []any{v.LastResort} }},
	{"duties", func(v *schemas.NextBestAction) []any { return []any{v.Duties} }},
	{"facts", func(v *schemas.NextBestAction) []any { return []any{v.Facts} }},
	{"red_flags", func(v *schemas.NextBestAction) []any { return []any{v.RedFlags} }},
	{"brief", func(v *schemas.NextBestAction) []any { return []any{string(v.Brief)} }},
}

func topReason(v *schemas.NextBestAction) string {
	if len(v.Reasons) == 0 {
		return ""
	}
	return v.Reasons[0].Code
}

// decision is what is kept of a decision until the other generation has been read.
type decision struct {
	// One digest for each aspect: what it says is health information, and long.
	digests [len(aspects)]uint64
	// read is a digest of what had been read of the patient, features and odds of what the prediction was made
	// from and of what it said.
	read, features, odds uint64
	contact, person      string
	policy               string
	asOf                 schemas.Millis
	// behind says that a channel lagged, and that the decision says so; learned that its model is no prior.
	behind, learned bool
	// moved says that an identity link caused it; delivered that somebody was told.
	moved, delivered bool
	// both says that the other generation has it, too.
	both bool
}

func decisionOf(in *schemas.DecisionInput, shared names) *decision {
	v, p, q := &in.Decision, &in.Persona, &in.Prediction
	d := &decision{
		read:     digest(v.PersonRef.Reveal(), in.PolicyFacts, p.Touchpoints, p.AsOf, p.WebActivity, p.AppActivity, p.CallActivity, p.EhrActivity),
		features: digest(q.FeatureSpace, q.Features), odds: digest(q.P15m, q.P24h, q.Reasons),
		contact: shared.of(cmp.Or(v.ContactRef.V, v.ContactKey)), person: shared.of(v.PersonRef.Reveal()), policy: shared.of(v.PolicyVersion + " " + v.TaxonomyVersion),
		asOf: v.AsOf, behind: slices.ContainsFunc(v.Degraded, isLag), learned: !slices.Contains(v.Degraded, "no_model"),
		moved: strings.HasPrefix(v.TriggerID, "moved/"), delivered: v.Delivered,
	}
	for i := range aspects {
		d.digests[i] = digest(aspects[i].of(v)...)
	}
	return d
}

func digest(values ...any) uint64 {
	h := fnv.New64a()
	fmt.Fprintln(h, values...)
	return h.Sum64()
}

// isLag recognizes "behind 40 s on web" among the words of degraded.
func isLag(degraded string) bool { return strings.HasPrefix(degraded, "behind ") }

// differing are the aspects in which two decisions differ.
func (d *decision) differing(o *decision) []string {
	var names []string
	for i := range aspects {
		if d.digests[i] != o.digests[i] {
			names = append(names, aspects[i].name)
		}
	}
	return names
}

// names keeps one copy of each string: a person and a contact have many decisions.
type names map[string]string

// of returns a copy of s that does not alias the record it came from.
func (n names) of(s string) string {
	if kept, ok := n[s]; ok {
		return kept
	}
	s = strings.Clone(s)
	n[s] = s
	return s
}
