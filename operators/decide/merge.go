package decide

import (
	"cmp"
	"slices"

	"github.com/attune-health/attune/operators/predict"
	"github.com/attune-health/attune/schemas"
)

// MergePolicy takes what was kept of a person who has become dst. What is stricter stays.
// dst shares strings and lists with src from then on: src must not be changed after it.
// The order matters: consents are weighed before do-not-contact is taken over.
func (d *Step) MergePolicy(dst, src *schemas.PolicyState) {
	// Through keepConsent, so that two persons' words are weighed as one's.
	for i := range src.Consents {
		e := &src.Consents[i]
		keepConsent(dst, &schemas.Consent{OccurredAt: e.At, Channel: e.Channel, Purpose: e.Purpose, Status: e.Status})
	}
	// The newest word wins, as in keepConsent. Of two persons who turn out to be one, one may have opted
	// out long ago and the other consented since.
	if src.DoNotContact && src.DoNotContactAt >= dst.DoNotContactAt {
		dst.DoNotContact, dst.DoNotContactAt = true, src.DoNotContactAt
	}
	// Death is not taken back by a merge: outreach to a dead patient hurts, and silence does not.
	dst.Deceased = dst.Deceased || src.Deceased
	mergeFlags(dst, src)
	// A zone or an age that is known beats one that is not, and then the newer one.
	if src.FactsAt > dst.FactsAt || dst.TimeZone == "" {
		dst.TimeZone = cmp.Or(src.TimeZone, dst.TimeZone)
	}
	if src.Adult != adultUnknown && (src.FactsAt > dst.FactsAt || dst.Adult == adultUnknown) {
		dst.Adult = src.Adult
	}
	dst.PreferredChannel = cmp.Or(dst.PreferredChannel, src.PreferredChannel)
	// After zone and age, which compare by it.
	dst.FactsAt = max(dst.FactsAt, src.FactsAt)
	dst.Sent = mergeSent(dst.Sent, src.Sent)
	// An arm that was drawn stays, or what the patient has seen would belong to neither. That both arms
	// were seen is said, so that an analysis can leave the patient out.
	if dst.Arm == "" {
		dst.Arm = src.Arm
	}
	dst.ArmMixed = dst.ArmMixed || src.ArmMixed || src.Arm != "" && src.Arm != dst.Arm
	dst.Starts = append(dst.Starts, src.Starts...)
	if n := len(dst.Starts); n > predict.MaxStarts {
		dst.Starts = slices.Delete(dst.Starts, 0, n-predict.MaxStarts)
	}
	// Only one decision can be in force. That of the person who stays is superseded with a record; one
	// that came along unseen would never be.
	if src.Open.OK && src.Open.V.Delivered && !src.Open.V.Closed && (!dst.Open.OK || !dst.Open.V.Delivered || dst.Open.V.Closed) {
		dst.Open = src.Open
	}
	// What was published under the person who stays is what readers have.
	if !dst.Published.OK {
		dst.Published = src.Published
	}
	// At most one exposure per band and horizon: two would count one absence of calls twice.
	for _, x := range src.Exposures {
		if !slices.ContainsFunc(dst.Exposures, func(y schemas.Exposure) bool { return y.Band == x.Band && y.Horizon == x.Horizon }) {
			dst.Exposures = append(dst.Exposures, x)
		}
	}
	// Two persons' moments are told apart by their touchpoints. Those that are too many are the newest.
	dst.Moments = append(dst.Moments, src.Moments...)
	slices.SortStableFunc(dst.Moments, func(x, y schemas.OpenMoment) int { return int(x.At - y.At) })
	if n := len(dst.Moments); n > predict.MaxOpenMoments {
		dst.Moments = slices.Delete(dst.Moments, predict.MaxOpenMoments, n)
	}
}

// mergeSent puts the outreach of both in order: what one person got under two names counts for one.
// The order is by time, which suppressions count back along.
func mergeSent(a, b []schemas.SentAction) []schemas.SentAction {
	a = append(a, b...)
	slices.SortStableFunc(a, func(x, y schemas.SentAction) int { return int(x.At - y.At) })
	// The oldest go first: caps look at the newest.
	if n := len(a); n > maxSent {
		a = slices.Delete(a, 0, n-maxSent)
	}
	return a
}
