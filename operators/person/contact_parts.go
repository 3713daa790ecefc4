package person

import (
	"cmp"
	"slices"
	"strings"

	"github.com/attune-health/attune/schemas"
)

// RepeatWithin is how long after the start of a contact another one for the same reason is its repeat. It
// is part of what the figure means (docs/kpis.md) and hence no setting: figures of two sites are compared.
const RepeatWithin = 7 * schemas.Day

// How much is kept of a shard for figures, newest last. Time drops them as a rule, and these bounds
// where one identifier stands for many people.
const (
	// maxCountedSteps bounds the failed steps that figures count.
	maxCountedSteps = 1024
	// maxTiedSteps bounds the digital steps that are tied to a reason.
	maxTiedSteps = 1024
	// maxContactParts bounds the parts of contacts.
	maxContactParts = 256
	// maxStepsBefore bounds the failed steps that a contact's fact lists.
	maxStepsBefore = 256
)

// DigitalWithin is how long before a contact a digital step for its reason counts. Like RepeatWithin it is part of
// what the figure means.
const DigitalWithin = schemas.Day

// KeepFailedStep keeps the touchpoint as a failed step for figures. A contact that began after it may have
// been judged already: FactsChanged says that it is to be judged again. The list is apart from AddFailed's,
// which forgets what was put right; figures count what happened.
func (j *Journey) KeepFailedStep(kind schemas.FailureKind, page schemas.Protected, reason string) {
	st, t := j.Shard, j.Touchpoint
	s := schemas.CountedStep{EventID: strings.Clone(t.EventID), At: t.OccurredAt, Channel: t.Channel, Kind: kind, Page: page, Reason: reason}
	// In the order of time, so that Contacts.failed can stop early.
	i := len(st.FailedSteps)
	for i > 0 && stepOrder(&st.FailedSteps[i-1], &s) > 0 {
		i--
	}
	st.FailedSteps = insertBounded(st.FailedSteps, i, s, maxCountedSteps)
	j.FactsChanged = j.FactsChanged || j.Who.beganSince(s.At)
}

// KeepTiedStep keeps that the person took a digital step that is tied to a reason, for contacts for that reason. Two of
// one time are one.
func (j *Journey) KeepTiedStep(reason string) {
	st, at := j.Shard, j.Touchpoint.OccurredAt
	i := len(st.DigitalSteps)
	for i > 0 && isTiedLater(&st.DigitalSteps[i-1], at, reason) {
		i--
	}
	if i > 0 && st.DigitalSteps[i-1].At == at && st.DigitalSteps[i-1].Reason == reason {
		return
	}
	st.DigitalSteps = insertBounded(st.DigitalSteps, i, schemas.TiedStep{At: at, Reason: reason}, maxTiedSteps)
	j.FactsChanged = j.FactsChanged || j.Who.beganSince(at)
}

// isTiedLater is the order of tied steps: by time, those of one time by reason.
func isTiedLater(s *schemas.TiedStep, at schemas.Millis, reason string) bool {
	return s.At > at || s.At == at && s.Reason > reason
}

// Takeover notes up to when a shard has steps of a build that kept less of them. It comes before a touchpoint is folded
// into the shard.
func Takeover(st *schemas.ShardState) { st.KeptFrom = keptFrom(st) }

// keptFrom is the time after which all is known of a shard's steps.
func keptFrom(st *schemas.ShardState) schemas.Millis {
	if st.KeptFrom < 0 {
		return st.AsOf
	}
	return st.KeptFrom
}

// stepOrder is by event time; what happened at one time is in the order of event ids. Arrival has no say:
// the same touchpoints give the same list in every order.
func stepOrder(a, b *schemas.CountedStep) int {
	return compareEvents(a.At, a.EventID, b.At, b.EventID)
}

// compareEvents is the order of events by time and id, negative where the first is earlier.
func compareEvents(at schemas.Millis, id string, otherAt schemas.Millis, otherID string) int {
	if at != otherAt {
		return cmp.Compare(at, otherAt)
	}
	return strings.Compare(id, otherID)
}

// beganSince says whether a contact of the person may have begun at that time or later. It looks at the
// newest part of each shard only, as parts are in the order of their starts.
func (p *Person) beganSince(at schemas.Millis) bool {
	for i := range p.Shards {
		parts := p.Shards[i].State.ContactParts
		if n := len(parts); n > 0 && parts[n-1].StartedAt >= at {
			return true
		}
	}
	return false
}

// KeepContactPart takes a call's touchpoint into its shard's part of the contact. The part does not depend
// on the order in which touchpoints come. open is the contact as decisions know it: a build that kept no
// parts may have begun it, and then its start is taken over once.
//
//	touchpoints with the caller's number    ─► part in the number's shard ──┐
//	                                                                        ├─► Contact
//	touchpoints with the record number      ─► part in the record's shard ──┘
func (j *Journey) KeepContactPart(open *schemas.OpenContact) {
	st, t := j.Shard, j.Touchpoint
	i := findPart(st.ContactParts, open.ContactID, open.ContactKey)
	// The start is taken over where no shard has a part: with one, the part knows it.
	began := t.OccurredAt
	if i < 0 {
		if open.StartedAt < began && !j.Who.hasPart(open) {
			began = open.StartedAt
		}
		i = len(st.ContactParts)
		// It goes to the end for now; placePart puts it in its place.
		st.ContactParts = append(st.ContactParts, schemas.ContactPart{
			ContactID: strings.Clone(open.ContactID), ContactKey: strings.Clone(open.ContactKey), StartedAt: began, LastAt: began,
		})
	}
	p := &st.ContactParts[i]
	p.StartedAt, p.LastAt = min(p.StartedAt, began), max(p.LastAt, t.OccurredAt)
	takeCall(p, t, j.Names)
	// Asked after the touchpoint was taken in: it may be the one that ends the contact.
	j.FactsChanged = j.FactsChanged || isOver(p) || j.Who.isOver(p.ContactID)
	placePart(st, i)
}

// findPart is the index of a contact's part, or -1. It begins with the newest, which most touchpoints are
// about.
func findPart(parts []schemas.ContactPart, id, key string) int {
	for i := len(parts) - 1; i >= 0; i-- {
		if parts[i].ContactID == id && parts[i].ContactKey == key {
			return i
		}
	}
	return -1
}

// isOver says whether a contact of the id has ended or been concluded, as one of its parts knows. Until then it
// counts nowhere, and need not be judged again with each step. Parts of one contact may have several keys.
func (p *Person) isOver(id string) bool {
	for i := range p.Shards {
		parts := p.Shards[i].State.ContactParts
		for n := len(parts) - 1; n >= 0; n-- {
			if parts[n].ContactID == id && isOver(&parts[n]) {
				return true
			}
		}
	}
	return false
}

// isOver says whether the contact has ended or been concluded, as the part knows.
func isOver(p *schemas.ContactPart) bool { return p.ConcludedBy != "" || p.EndedAt != 0 }

// placePart puts the i-th part in the order of starts, from which it can only have gone to an earlier one:
// all others are in it. It drops the oldest parts of a list that is too long.
func placePart(st *schemas.ShardState, i int) {
	parts := st.ContactParts
	for ; i > 0 && startsBefore(&parts[i], &parts[i-1]); i-- {
		parts[i], parts[i-1] = parts[i-1], parts[i]
	}
	if n := len(parts) - maxContactParts; n > 0 {
		st.ContactParts = slices.Delete(parts, 0, n)
	}
}

// startsBefore is the order of parts: by start, those of one time by id.
func startsBefore(a, b *schemas.ContactPart) bool {
	return a.StartedAt < b.StartedAt || a.StartedAt == b.StartedAt && a.ContactID < b.ContactID
}

// hasPart says whether any shard has a part of the contact.
func (p *Person) hasPart(o *schemas.OpenContact) bool {
	for i := range p.Shards {
		if findPart(p.Shards[i].State.ContactParts, o.ContactID, o.ContactKey) >= 0 {
			return true
		}
	}
	return false
}

// takeCall takes in what a touchpoint says of the contact. A disposition says it all, and the last one is
// in force; steps count as long as there is none. Steps are combined by maximum and "or", so that their
// order does not matter. The queue is the last one by event time, and so are language and relation.
func takeCall(p *schemas.ContactPart, t *schemas.Touchpoint, names Names) {
	call, at := &t.Body.Call, t.OccurredAt
	if call.Queue != "" && isLater(at, call.Queue, p.QueueAt, p.Queue) {
		p.Queue, p.QueueAt = names.Keep(call.Queue), at
	}
	if v := t.Language.V; v != "" && isLater(at, v, p.LanguageAt, p.Language) {
		p.Language, p.LanguageAt = names.Keep(v), at
	}
	if v := call.Relation; v != "" && isLater(at, v, p.RelationAt, p.Relation) {
		p.Relation, p.RelationAt = names.Keep(v), at
	}
	switch call.Event {
	case schemas.CallEventEnded, schemas.CallEventAbandoned:
		p.OverAt = earlier(overAt(p), at)
		p.EndedAt = max(p.EndedAt, at)
	case schemas.CallEventDisposition:
		p.OverAt = earlier(overAt(p), at)
		// A correction that came before what it corrects stays in force.
		if p.ConcludedBy != "" && compareEvents(at, t.EventID, p.ConcludedAt, p.ConcludedBy) < 0 {
			return
		}
		p.ConcludedAt, p.ConcludedBy, p.Reason, p.Priority = at, strings.Clone(t.EventID), names.Keep(call.Reason), call.Priority
		p.Queued, p.Abandoned, p.Answered, p.WaitMs, p.TalkMs = call.Queued, call.Abandoned && call.Queued, call.Answered, call.WaitMs, call.TalkMs
		return
	}
	if p.ConcludedBy != "" {
		return
	}
	// No disposition yet: what the steps show by themselves.
	p.Priority = max(p.Priority, call.Priority)
	p.Answered = p.Answered || call.Event == schemas.CallEventAnswered || call.Answered
	p.Abandoned = p.Abandoned || call.Event == schemas.CallEventAbandoned
	p.Queued = p.Queued || call.Event == schemas.CallEventQueued || call.Queued || p.Abandoned
	p.WaitMs, p.TalkMs = max(p.WaitMs, call.WaitMs), max(p.TalkMs, call.TalkMs)
}

// overAt is when the contact was over first, as the part knows; of a build that did not keep it as well as can be told.
func overAt(p *schemas.ContactPart) schemas.Millis {
	if p.OverAt != 0 {
		return p.OverAt
	}
	return earlier(p.EndedAt, p.ConcludedAt)
}

// earlier is the earlier of two times, of which 0 is none.
func earlier(a, b schemas.Millis) schemas.Millis {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

// isLater says whether a word that was said at a time is in force rather than another: the later one, of one time the
// greater one.
func isLater(at schemas.Millis, word string, otherAt schemas.Millis, other string) bool {
	return at > otherAt || at == otherAt && word > other
}

// stepTTL is how long after its event time a failed step may say something of a contact that is still
// corrected: one that began up to LastResort after it.
func (c *Config) stepTTL() schemas.Millis { return c.LastResort + c.CorrectFor }

// tiedTTL is the same of a step that is tied to a reason.
func (c *Config) tiedTTL() schemas.Millis { return DigitalWithin + c.CorrectFor }

// partTTL is the same of a part, on which a contact rests that may be its repeat.
func (c *Config) partTTL() schemas.Millis { return RepeatWithin + c.CorrectFor }

// ForgetFigures drops steps and parts on which no contact rests that is still corrected. What was said of
// those contacts stays as it was said last.
func (c *Config) ForgetFigures(st *schemas.ShardState, now schemas.Millis) {
	st.FailedSteps = slices.DeleteFunc(st.FailedSteps, func(s schemas.CountedStep) bool { return s.At+c.stepTTL() < now })
	st.DigitalSteps = slices.DeleteFunc(st.DigitalSteps, func(s schemas.TiedStep) bool { return s.At+c.tiedTTL() < now })
	st.ContactParts = slices.DeleteFunc(st.ContactParts, func(p schemas.ContactPart) bool { return p.LastAt+c.partTTL() < now })
}
