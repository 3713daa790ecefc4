package evidence

import (
	"slices"
	"strings"

	"github.com/attune-health/attune/operators/person"
	"github.com/attune-health/attune/schemas"
)

// CollectSteps fills e with what digital steps up to a time show, and with nothing else. It is for what
// arrives after a contact has begun and happened before: Collect tells what is known now.
func (e *Evidence) CollectSteps(j *person.Journey, t *schemas.Taxonomy, at schemas.Millis) {
	e.empty()
	e.At, e.past = at, true
	// Not the journey's list, which ends with its trigger.
	for _, st := range j.Shards {
		for i := range st.Failed {
			if f := &st.Failed[i]; f.At <= at && at-f.At < schemas.Day && f.At >= e.FailedAt {
				e.FailedDay, e.FailedKind, e.FailedAt = orNone(t.Index(f.Reason), len(t.Reasons)), f.Kind, f.At
			}
		}
	}
	if e.FailedDay >= 0 && at-e.FailedAt <= failedNow {
		e.FailedNow = e.FailedDay
	}
	loops := j.OpenLoops()
	for i := range loops {
		if l := &loops[i]; l.Since <= at {
			e.LoopSet |= 1 << l.Number
			e.loops[l.Number] |= 1 << orNone(int(l.About), len(t.Reasons))
		}
	}
	e.collectViews(j.Signals(t))
	e.collectSteps(j, t)
}

// The blocks that CollectSteps fills. Of the first the new features take the place of the
// old. To the others they are added: what has happened since may hide there what was seen before.
var (
	replacedBlocks = []Block{BlockFailedNow, BlockFailedDay, BlockFailedKind, BlockDigital, BlockLatest, BlockPage}
	addedBlocks    = []Block{BlockLoop, BlockViewedNow, BlockViewedDay}
)

// Correct returns the features of an earlier time with those that CollectSteps has found since.
func (s *FeatureSpace) Correct(features []int32, e *Evidence) []int32 {
	if s.groups != nil {
		return s.groups.correct(features, s.Active(nil, e))
	}
	of := func(blocks []Block) func(f int32) bool {
		return func(f int32) bool { return slices.Contains(blocks, s.BlockOf[f]) }
	}
	features = slices.DeleteFunc(features, of(replacedBlocks))
	replaced, added := of(replacedBlocks), of(addedBlocks)
	for _, f := range s.Active(nil, e) {
		if replaced(f) || added(f) {
			features = append(features, f)
		}
	}
	// Ascending and each once, as models and explanations rely on.
	slices.Sort(features)
	return slices.Compact(features)
}

// stepGroups begin the names of groups and kinds that rest on digital steps alone: new codes take the place
// of the old ones. addedKinds are added to.
var (
	stepGroups = []string{"journey/session", "journey/failed0", "journey/nofail0", "journey/step0", "visit/"}
	addedKinds = []string{"viewed", "loop"}
)

// correct is Correct for codes.
func (g *groupSpace) correct(codes, found []int32) []int32 {
	of := func(prefixes []string) func(c int32) bool {
		return func(c int32) bool {
			name := g.nameOf(c)
			return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(name, p) })
		}
	}
	replaced, added := of(stepGroups), of(addedKinds)
	codes = slices.DeleteFunc(codes, replaced)
	tokens := 0
	for _, c := range codes {
		if KindOfCode(c) == CodeToken {
			tokens++
		}
	}
	for _, c := range found {
		if !replaced(c) && (!added(c) || slices.Contains(codes, c)) {
			continue
		}
		if KindOfCode(c) == CodeToken {
			if tokens == MaxTokens {
				continue
			}
			tokens++
		}
		codes = append(codes, c)
	}
	return codes
}
