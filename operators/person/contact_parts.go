package person

import (
	"cmp"
	"slices"
	"strings"

	"github.com/attune-health/attune/schemas"
)

// RepeatWithin is how long after the start of a contact another one for the same reason is its repeat.
const RepeatWithin = 7 * schemas.Day

// How much is kept of a shard for figures, newest last. Time drops them as a rule, and these bounds
// where one identifier stands for many people.
const (
	maxCountedSteps = 1024
	maxContactParts = 256
)

// KeepFailedStep keeps the touchpoint as a failed step for figures. A contact that began after it may
// have been judged already.
func (j *Journey) KeepFailedStep(kind schemas.FailureKind, reason string) {
	st, t := j.Shard, j.Touchpoint
	s := schemas.CountedStep{EventID: strings.Clone(t.EventID), At: t.OccurredAt, Channel: t.Channel, Kind: kind, Reason: reason}
	i := len(st.FailedSteps)
	for i > 0 && stepOrder(&st.FailedSteps[i-1], &s) > 0 {
		i--
	}
	st.FailedSteps = insertBounded(st.FailedSteps, i, s, maxCountedSteps)
	j.FactsChanged = j.FactsChanged || j.Who.beganSince(s.At)
}

// stepOrder is by event time; what happened at one time is in the order of event ids.
func stepOrder(a, b *schemas.CountedStep) int {
	return compareEvents(a.At, a.EventID, b.At, b.EventID)
}

func compareEvents(at schemas.Millis, id string, otherAt schemas.Millis, otherID string) int {
	if at != otherAt {
		return cmp.Compare(at, otherAt)
	}
	return strings.Compare(id, otherID)
}

// beganSince says whether a contact of the person may have begun at that time or later.
func (p *Person) beganSince(at schemas.Millis) bool {
	for i := range p.Shards {
		parts := p.Shards[i].State.ContactParts
		if n := len(parts); n > 0 && parts[n-1].StartedAt >= at {
			return true
		}
	}
	return false
}

// KeepContactPart takes a call's touchpoint into its shard's part of the contact. The part does not
// depend on the order in which touchpoints come. open is the contact as decisions know it, from a build
// that kept no parts perhaps.
func (j *Journey) KeepContactPart(open *schemas.OpenContact) {
	st, t := j.Shard, j.Touchpoint
	if t.ContactID.V == "" {
		return
	}
	i := slices.IndexFunc(st.ContactParts, func(p schemas.ContactPart) bool { return p.ContactID == t.ContactID.V })
	began := t.OccurredAt
	if i < 0 {
		if open != nil && open.StartedAt < began && !j.Who.hasPart(t.ContactID.V) {
			began = open.StartedAt
		}
		i = len(st.ContactParts)
		st.ContactParts = append(st.ContactParts, schemas.ContactPart{ContactID: strings.Clone(t.ContactID.V), StartedAt: began, LastAt: began})
	}
	p := &st.ContactParts[i]
	p.StartedAt, p.LastAt = min(p.StartedAt, began), max(p.LastAt, t.OccurredAt)
	takeCall(p, t, j.Names)
	j.FactsChanged = j.FactsChanged || j.Who.isOver(p.ContactID)
	sortParts(st)
}

// isOver says whether a contact has ended or been concluded, as one of its parts knows.
func (p *Person) isOver(contact string) bool {
	for i := range p.Shards {
		parts := p.Shards[i].State.ContactParts
		for n := range parts {
			if x := &parts[n]; (x.ConcludedBy != "" || x.EndedAt != 0) && x.ContactID == contact {
				return true
			}
		}
	}
	return false
}

// sortParts puts parts in the order of their starts. All but one are.
func sortParts(st *schemas.ShardState) {
	insertionSort(st.ContactParts, func(a, b *schemas.ContactPart) bool {
		return a.StartedAt < b.StartedAt || a.StartedAt == b.StartedAt && a.ContactID < b.ContactID
	})
	if n := len(st.ContactParts) - maxContactParts; n > 0 {
		st.ContactParts = slices.Delete(st.ContactParts, 0, n)
	}
}

func (p *Person) hasPart(contact string) bool {
	for i := range p.Shards {
		parts := p.Shards[i].State.ContactParts
		for n := range parts {
			if parts[n].ContactID == contact {
				return true
			}
		}
	}
	return false
}

// takeCall takes in what a touchpoint says of the contact. A disposition says it all, and the last one
// is in force; steps count as long as there is none.
func takeCall(p *schemas.ContactPart, t *schemas.Touchpoint, names Names) {
	call, at := &t.Body.Call, t.OccurredAt
	if call.Queue != "" && (at > p.QueueAt || at == p.QueueAt && call.Queue > p.Queue) {
		p.Queue, p.QueueAt = names.Keep(call.Queue), at
	}
	switch call.Event {
	case schemas.CallEventEnded, schemas.CallEventAbandoned:
		p.EndedAt = max(p.EndedAt, at)
	case schemas.CallEventDisposition:
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
	p.Priority = max(p.Priority, call.Priority)
	p.Answered = p.Answered || call.Event == schemas.CallEventAnswered || call.Answered
	p.Abandoned = p.Abandoned || call.Event == schemas.CallEventAbandoned
	p.Queued = p.Queued || call.Event == schemas.CallEventQueued || call.Queued || p.Abandoned
	p.WaitMs, p.TalkMs = max(p.WaitMs, call.WaitMs), max(p.TalkMs, call.TalkMs)
}

// stepTTL and partTTL are how long after their event time steps and parts may say something of a contact
// that is still corrected: one that began after a step, or that repeats another.
func (c *Config) stepTTL() schemas.Millis { return c.LastResort + c.CorrectFor }

func (c *Config) partTTL() schemas.Millis { return RepeatWithin + c.CorrectFor }

// ForgetFigures drops steps and parts on which no contact rests that is still corrected.
func (c *Config) ForgetFigures(st *schemas.ShardState, now schemas.Millis) {
	st.FailedSteps = slices.DeleteFunc(st.FailedSteps, func(s schemas.CountedStep) bool { return s.At+c.stepTTL() < now })
	st.ContactParts = slices.DeleteFunc(st.ContactParts, func(p schemas.ContactPart) bool { return p.LastAt+c.partTTL() < now })
}
