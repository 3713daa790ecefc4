package operators

import (
	"fmt"
	"math/bits"
	"strings"

	"github.com/attune-health/attune/schemas"
)

// block is a group of binary features that answer one question. At most one feature of a block is
// active, except in the blocks that say "each".
type block uint8

// The blocks of the feature space, in the order of their numbers. The space is fixed by this list
// and the taxonomy's version: changing either means learning anew.
const (
	blockLast        block = iota // reason of the last contact, or none
	blockSecond                   // reason of the contact before that, or none
	blockCommonest                // the person's commonest reason (decayed), or none
	blockShare                    // each reason that occurred: share of the person's contacts, in bands
	blockSince                    // time since the last contact whose reason is known, in bands
	blockCount                    // contacts whose reason is known, in bands
	blockFailedNow                // reason of the digital step that failed within 15 minutes
	blockFailedDay                // reason of the last that failed within 24 hours
	blockFailedKind               // how that one failed
	blockLoop                     // each open loop: kind by reason, or by none
	blockViewedNow                // each reason whose pages were looked at within 30 minutes
	blockViewedDay                // each within 24 hours
	blockFact                     // each fact of the health record that is fresh or about to fall due
	blockFactReason               // each reason that such a fact is tied to
	blockMenu                     // reason that the voice menu took the call for
	blockPriority                 // the contact center's priority of the caller
	blockMix                      // how the person gets in touch
	blockDigital                  // time since the last web or app step, in bands
	blockFrustration              // in bands
	blockOverdue                  // open loops past their due time
	blockHour                     // two hours of the contact center's day
	blockWeekday
	blockLatest     // reason of the last web or app step that had one, within two hours
	blockNewestFact // newest fact of the health record within three days: its kind, and whether it is of today
	blockPage       // the last page or screen, in groups that a hash makes
	blocks
)

var blockNames = [blocks]string{"last", "second", "commonest", "share", "since", "count", "failed_15m", "failed_24h",
	"failed_kind", "open_loop", "viewed_30m", "viewed_24h", "health_fact", "health_fact_reason", "voice_menu", "priority",
	"channel_mix", "digital_recency", "frustration", "overdue", "hour", "weekday", "latest", "newest_fact", "page"}

// sharpness says how a block stands before anything was learned: the weight of its evidence, less
// where many blocks say the same or it says little, and how much commoner a feature about a reason
// is taken to be among that reason's contacts.
var sharpness = [blocks]struct{ weight, kinship float64 }{
	blockLast: {0.3, 3}, blockSecond: {0.3, 2}, blockCommonest: {0.3, 3}, blockShare: {0.3, 2}, blockSince: {0.1, 1}, blockCount: {0.1, 1},
	blockFailedNow: {0.4, 6}, blockFailedDay: {0.3, 3}, blockFailedKind: {0.1, 1}, blockLoop: {0.2, 3}, blockViewedNow: {0.2, 3}, blockViewedDay: {0.1, 2},
	blockFact: {0.2, 1}, blockFactReason: {0.3, 3}, blockMenu: {0.5, 6}, blockPriority: {0.3, 1}, blockMix: {0.1, 1}, blockDigital: {0.1, 1},
	blockFrustration: {0.1, 1}, blockOverdue: {0.1, 1}, blockHour: {0.2, 1}, blockWeekday: {0.1, 1},
	blockLatest: {0.4, 6}, blockNewestFact: {0.4, 1}, blockPage: {0.3, 1},
}

const (
	factEvents   = int(schemas.EhrEventDeceased) + 1
	pageGroups   = 64
	failureKinds = 16 // more than schemas.FailureKind has, so that a new one does not shift what follows
	shareBands   = 5
)

var (
	shareWords  = [shareBands]string{"rarely", "at times", "often", "mostly", "nearly always"}
	sinceWords  = [...]string{"never before", "within 10 minutes", "within the hour", "within 6 hours", "within a day", "within 3 days", "within a week", "within 30 days", "longer ago"}
	countWords  = [...]string{"no contact before", "one contact before", "2 or 3 contacts before", "4 to 9 contacts before", "10 to 29 contacts before", "30 contacts or more before"}
	mixWords    = [...]string{"nothing known of channels", "gets in touch digitally", "uses digital channels and calls", "calls"}
	digitalWord = [...]string{"no digital step", "a digital step within 5 minutes", "a digital step within 30 minutes", "a digital step within 6 hours", "a digital step within a day", "the last digital step was longer ago"}
	levelWords  = [...]string{"calm", "strained", "frustrated", "very frustrated"}
	overdueWord = [...]string{"nothing overdue", "something overdue", "several things overdue"}
	dayWords    = [...]string{"a Sunday", "a Monday", "a Tuesday", "a Wednesday", "a Thursday", "a Friday", "a Saturday"}
)

// FeatureSpace numbers the binary features of a taxonomy. It does not change and may be shared.
type FeatureSpace struct {
	taxonomy *schemas.Taxonomy
	base     [blocks + 1]int32
	names    []string
	texts    []string
	blockOf  []block
	about    []int // reason that the feature speaks of, or -1
}

// NewFeatureSpace lays out the features for a taxonomy.
func NewFeatureSpace(t *schemas.Taxonomy) *FeatureSpace {
	s := &FeatureSpace{taxonomy: t}
	for b := range blocks {
		s.base[b] = int32(len(s.names))
		s.layOut(b)
		for range len(s.names) - int(s.base[b]) {
			s.blockOf = append(s.blockOf, b)
		}
	}
	s.base[blocks] = int32(len(s.names))
	return s
}

// Size is how many features there are.
func (s *FeatureSpace) Size() int { return len(s.names) }

// Name is the feature's stable name: its block and its value.
func (s *FeatureSpace) Name(feature int32) string { return s.names[feature] }

// Text says in words what the feature being active means.
func (s *FeatureSpace) Text(feature int32) string { return s.texts[feature] }

func (s *FeatureSpace) add(b block, name, text string) { s.addAbout(b, -1, name, text) }

// addAbout adds a feature that speaks of a reason.
func (s *FeatureSpace) addAbout(b block, reason int, name, text string) {
	s.names = append(s.names, blockNames[b]+"/"+name)
	s.texts = append(s.texts, text)
	s.about = append(s.about, reason)
}

// layOut adds the features of one block.
func (s *FeatureSpace) layOut(b block) {
	switch b {
	case blockLast:
		s.perReason(b, "last contact was about %s", "no contact before")
	case blockSecond:
		s.perReason(b, "the contact before the last was about %s", "at most one contact before")
	case blockCommonest:
		s.perReason(b, "most contacts were about %s", "no contact before")
	case blockShare:
		for k, r := range s.taxonomy.Reasons {
			for i, w := range shareWords {
				s.addAbout(b, k, fmt.Sprintf("%s/%d", r.Code, i), w+" in contact about "+r.Words)
			}
		}
	case blockFailedNow:
		s.perReason(b, "a failed digital step about %s minutes ago", "a digital step failed minutes ago")
	case blockFailedDay:
		s.perReason(b, "a failed digital step about %s within a day", "a digital step failed within a day")
	case blockFailedKind:
		for k := range failureKinds {
			s.add(b, fmt.Sprint(k), failureWords(schemas.FailureKind(k)))
		}
	case blockLoop:
		for _, k := range loopKinds {
			words := "open: " + strings.ReplaceAll(k, "_", " ")
			for i, r := range s.taxonomy.Reasons {
				s.addAbout(b, i, k+"/"+r.Code, words+" about "+r.Words)
			}
			s.add(b, k+"/none", words)
		}
	case blockViewedNow, blockViewedDay, blockFactReason:
		s.eachReason(b)
	case blockFact:
		for e := range factEvents {
			name := schemas.EhrEvent(e).String()
			s.add(b, name, "health record: "+strings.ReplaceAll(name, "_", " "))
		}
	case blockLatest:
		s.perReason(b, "the last digital step was about %s", "no digital step of late")
	case blockNewestFact:
		for e := range factEvents {
			name := schemas.EhrEvent(e).String()
			s.add(b, name+"/today", "new in the health record today: "+strings.ReplaceAll(name, "_", " "))
			s.add(b, name+"/before", "new in the health record these days: "+strings.ReplaceAll(name, "_", " "))
		}
		s.add(b, "none", "nothing new in the health record")
	case blockPage:
		for g := range pageGroups {
			s.add(b, fmt.Sprint(g), "the last page or screen")
		}
	case blockMenu:
		s.perReason(b, "the voice menu took it for %s", "the voice menu knew no reason")
	case blockPriority:
		for p := range 4 {
			s.add(b, fmt.Sprint(p), fmt.Sprintf("caller of priority %d", p))
		}
	default:
		s.layOutBands(b)
	}
}

func (s *FeatureSpace) layOutBands(b block) {
	var words []string
	switch b {
	case blockSince:
		for _, w := range sinceWords {
			words = append(words, "last contact "+w)
		}
	case blockCount:
		words = countWords[:]
	case blockMix:
		words = mixWords[:]
	case blockDigital:
		words = digitalWord[:]
	case blockFrustration:
		words = levelWords[:]
	case blockOverdue:
		words = overdueWord[:]
	case blockHour:
		for h := range 12 {
			words = append(words, fmt.Sprintf("between %d:00 and %d:00", 2*h, 2*h+2))
		}
	case blockWeekday:
		words = dayWords[:]
	}
	for i, w := range words {
		s.add(b, fmt.Sprint(i), w)
	}
}

// perReason adds a feature for each reason and one for none.
func (s *FeatureSpace) perReason(b block, text, none string) {
	for i, r := range s.taxonomy.Reasons {
		s.addAbout(b, i, r.Code, fmt.Sprintf(text, r.Words))
	}
	s.add(b, "none", none)
}

func (s *FeatureSpace) eachReason(b block) {
	text := map[block]string{blockViewedNow: "looked at %s within 30 minutes", blockViewedDay: "looked at %s within a day",
		blockFactReason: "the health record has news about %s"}[b]
	for i, r := range s.taxonomy.Reasons {
		s.addAbout(b, i, r.Code, fmt.Sprintf(text, r.Words))
	}
}

// active appends the numbers of the active features, ascending.
func (s *FeatureSpace) active(dst []int32, e *evidence) []int32 {
	n := len(s.taxonomy.Reasons)
	one := func(b block, value int) { dst = append(dst, s.base[b]+int32(value)) }
	each := func(b block, set uint64) {
		for ; set != 0; set &= set - 1 {
			dst = append(dst, s.base[b]+int32(bits.TrailingZeros64(set)))
		}
	}
	one(blockLast, orNone(e.last, n))
	one(blockSecond, orNone(e.second, n))
	one(blockCommonest, orNone(e.commonest, n))
	if e.weight > 0 {
		for r := range n {
			if e.share[r] > 0 {
				one(blockShare, r*shareBands+shareBand(e.share[r]/e.weight))
			}
		}
	}
	one(blockSince, e.sinceBand())
	one(blockCount, countBand(e.contacts))
	if e.failedNow >= 0 {
		one(blockFailedNow, e.failedNow)
	}
	if e.failedDay >= 0 {
		one(blockFailedDay, e.failedDay)
		one(blockFailedKind, int(e.failedKind)%failureKinds)
	}
	for set := e.loopSet; set != 0; set &= set - 1 {
		k := bits.TrailingZeros64(set)
		for reasons := e.loops[k]; reasons != 0; reasons &= reasons - 1 {
			one(blockLoop, k*(n+1)+bits.TrailingZeros64(reasons))
		}
	}
	each(blockViewedNow, e.viewedNow)
	each(blockViewedDay, e.viewedDay)
	each(blockFact, e.facts)
	each(blockFactReason, e.factReasons)
	if e.inContact {
		one(blockMenu, orNone(e.menu, n))
		one(blockPriority, min(max(int(e.priority), 0), 3))
	}
	one(blockMix, e.mix)
	one(blockDigital, e.digitalBand())
	one(blockFrustration, levelBand(e.frustration))
	one(blockOverdue, min(e.overdue, 2))
	one(blockHour, e.hour/2)
	one(blockWeekday, e.weekday)
	one(blockLatest, orNone(e.latest, n))
	one(blockNewestFact, e.newestFact())
	if e.page >= 0 {
		one(blockPage, e.page)
	}
	return dst
}

func orNone(reason, none int) int {
	if reason < 0 {
		return none
	}
	return reason
}

func shareBand(share float64) int {
	switch {
	case share < 0.15:
		return 0
	case share < 0.35:
		return 1
	case share < 0.65:
		return 2
	case share < 0.9:
		return 3
	}
	return 4
}

func countBand(contacts int64) int {
	switch {
	case contacts < 2:
		return int(max(contacts, 0))
	case contacts < 4:
		return 2
	case contacts < 10:
		return 3
	case contacts < 30:
		return 4
	}
	return 5
}

func levelBand(frustration float64) int {
	switch {
	case frustration < 0.25:
		return 0
	case frustration < 0.5:
		return 1
	case frustration < 0.75:
		return 2
	}
	return 3
}

// failureWords says in words how a digital step failed.
func failureWords(k schemas.FailureKind) string {
	if int(k) >= int(schemas.FailureKindMessageUnanswered)+1 {
		return "a digital step failed"
	}
	return "digital step failed: " + strings.ReplaceAll(k.String(), "_", " ")
}
