package decide

import (
	"cmp"
	"slices"

	"github.com/attune-health/attune/operators/predict"
	"github.com/attune-health/attune/schemas"
)

// MergePolicy takes what was kept of a person who has become dst. What is stricter stays.
func (d *Step) MergePolicy(dst, src *schemas.PolicyState) {
	for i := range src.Consents {
		e := &src.Consents[i]
		keepConsent(dst, &schemas.Consent{OccurredAt: e.At, Channel: e.Channel, Purpose: e.Purpose, Status: e.Status})
	}
	if src.DoNotContact && src.DoNotContactAt >= dst.DoNotContactAt {
		dst.DoNotContact, dst.DoNotContactAt = true, src.DoNotContactAt
	}
	dst.Deceased = dst.Deceased || src.Deceased
	mergeFlags(dst, src)
	if src.FactsAt > dst.FactsAt || dst.TimeZone == "" {
		dst.TimeZone = cmp.Or(src.TimeZone, dst.TimeZone)
	}
	if src.Adult != adultUnknown && (src.FactsAt > dst.FactsAt || dst.Adult == adultUnknown) {
		dst.Adult = src.Adult
	}
	dst.PreferredChannel = cmp.Or(dst.PreferredChannel, src.PreferredChannel)
	dst.FactsAt = max(dst.FactsAt, src.FactsAt)
	dst.Sent = mergeSent(dst.Sent, src.Sent)
	if dst.Arm == "" {
		dst.Arm = src.Arm
	}
	dst.ArmMixed = dst.ArmMixed || src.ArmMixed || src.Arm != "" && src.Arm != dst.Arm
	dst.Starts = append(dst.Starts, src.Starts...)
	if n := len(dst.Starts); n > predict.MaxStarts {
		dst.Starts = slices.Delete(dst.Starts, 0, n-predict.MaxStarts)
	}
	if src.Open.OK && src.Open.V.Delivered && !src.Open.V.Closed && (!dst.Open.OK || !dst.Open.V.Delivered || dst.Open.V.Closed) {
		dst.Open = src.Open
	}
	if !dst.Published.OK {
		dst.Published = src.Published
	}
	for _, x := range src.Exposures {
		if !slices.ContainsFunc(dst.Exposures, func(y schemas.Exposure) bool { return y.Band == x.Band && y.Horizon == x.Horizon }) {
			dst.Exposures = append(dst.Exposures, x)
		}
	}
}

func mergeSent(a, b []schemas.SentAction) []schemas.SentAction {
	a = append(a, b...)
	slices.SortStableFunc(a, func(x, y schemas.SentAction) int { return int(x.At - y.At) })
	if n := len(a); n > maxSent {
		a = slices.Delete(a, 0, n-maxSent)
	}
	return a
}
