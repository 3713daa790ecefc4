package evidence

import (
	"fmt"
	"math/bits"
	"strings"

	"github.com/attune-health/attune/operators/person"
	"github.com/attune-health/attune/schemas"
)

// Block is a group of binary features that answer one question. At most one feature of a block is
// active, except in the blocks that say "each".
type Block uint8

// The blocks of the feature space, in the order of their numbers. The space is fixed by this list
// and the taxonomy's version: changing either means learning anew.
const (
	// BlockLast: reason of the last contact, or none.
	BlockLast Block = iota
	// BlockSecond: reason of the contact before that, or none.
	BlockSecond
	// BlockCommonest: the person's commonest reason (decayed), or none.
	BlockCommonest
	// BlockShare: each reason that occurred: share of the person's contacts, in bands.
	BlockShare
	// BlockSince: time since the last contact whose reason is known, in bands.
	BlockSince
	// BlockCount: contacts whose reason is known, in bands.
	BlockCount
	// BlockFailedNow: reason of the digital step that failed within 15 minutes.
	BlockFailedNow
	// BlockFailedDay: reason of the last that failed within 24 hours.
	BlockFailedDay
	// BlockFailedKind: how that one failed.
	BlockFailedKind
	// BlockLoop: each open loop: kind by reason, or by none.
	BlockLoop
	// BlockViewedNow: each reason whose pages were looked at within 30 minutes.
	BlockViewedNow
	// BlockViewedDay: each within 24 hours.
	BlockViewedDay
	// BlockFact: each fact of the health record that is fresh or about to fall due.
	BlockFact
	// BlockFactReason: each reason that such a fact is tied to.
	BlockFactReason
	// BlockMenu: reason that the voice menu took the call for.
	BlockMenu
	// BlockPriority: the contact center's priority of the caller.
	BlockPriority
	// BlockMix: how the person gets in touch.
	BlockMix
	// BlockDigital: time since the last web or app step, in bands.
	BlockDigital
	// BlockFrustration: in bands.
	BlockFrustration
	// BlockOverdue: open loops past their due time.
	BlockOverdue
	// BlockHour: two hours of the contact center's day.
	BlockHour
	// BlockWeekday: day of the week at the contact center.
	BlockWeekday
	// BlockLatest: reason of the last web or app step that had one, within two hours.
	BlockLatest
	// BlockNewestFact: newest fact of the health record within three days: its kind, and whether it is of today.
	BlockNewestFact
	// BlockPage: the last page or screen, in groups that a hash makes.
	BlockPage
	// Blocks is their number. A new block goes before it.
	Blocks
)

// blockNames begin the names of features. The fingerprint covers them, so renaming one makes models learn
// anew.
var blockNames = [Blocks]string{"last", "second", "commonest", "share", "since", "count", "failed_15m", "failed_24h",
	"failed_kind", "open_loop", "viewed_30m", "viewed_24h", "health_fact", "health_fact_reason", "voice_menu", "priority",
	"channel_mix", "digital_recency", "frustration", "overdue", "hour", "weekday", "latest", "newest_fact", "page"}

// FactEvents is how many kinds of facts the health record has.
const (
	// FactEvents: a row each, so that a new kind of fact is learned without a change here.
	FactEvents = schemas.EhrEventCount
	// pageGroups: pages are a site's own and may be thousands. So few groups still tell a bill from a
	// refill, and each is seen often enough to be learned.
	// Raising the number changes the names, and with them the fingerprint.
	pageGroups = 64
	// failureKinds: with room, so that a new one does not shift what follows.
	failureKinds = max(16, schemas.FailureKindCount)
	// shareBands is how many bands shareBand has.
	shareBands = 5
)

var (
	// The words of bands, as evidence of a prediction says them.
	shareWords  = [shareBands]string{"rarely", "at times", "often", "mostly", "nearly always"}
	sinceWords  = [...]string{"never before", "within 10 minutes", "within the hour", "within 6 hours", "within a day", "within 3 days", "within a week", "within 30 days", "longer ago"}
	countWords  = [...]string{"no contact before", "one contact before", "2 or 3 contacts before", "4 to 9 contacts before", "10 to 29 contacts before", "30 contacts or more before"}
	mixWords    = [...]string{"nothing known of channels", "gets in touch digitally", "uses digital channels and calls", "calls"}
	digitalWord = [...]string{"no digital step", "a digital step within 5 minutes", "a digital step within 30 minutes", "a digital step within 6 hours", "a digital step within a day", "the last digital step was longer ago"}
	levelWords  = [...]string{"calm", "strained", "frustrated", "very frustrated"}
	overdueWord = [...]string{"nothing overdue", "something overdue", "several things overdue"}
	dayWords    = [...]string{"a Sunday", "a Monday", "a Tuesday", "a Wednesday", "a Thursday", "a Friday", "a Saturday"}
)

// Facts and failed kinds are sets of 64 bits: a further symbol must not fall out of them.
const _, _ = uint(64 - FactEvents), uint(64 - schemas.FailureKindCount)

// FeatureSpace numbers the binary features of a taxonomy. It does not change and may be shared.
type FeatureSpace struct {
	// Taxonomy gives the reasons and their order.
	Taxonomy *schemas.Taxonomy
	// Base is the first feature of each block, and Base[Blocks] the number of all.
	Base [Blocks + 1]int32
	// Names are stable and enter the fingerprint; Texts are for people and may be reworded. Both are by
	// feature number.
	Names []string
	Texts []string
	// BlockOf is the block of each feature.
	BlockOf []Block
	// About is the reason that the feature speaks of, or -1.
	About []int

	// fingerprint is computed once: it is compared for every model and example.
	fingerprint int64
	// groups is what a space of groups has instead; nil in one of numbered features.
	groups *groupSpace
}

// NewFeatureSpace lays out the features for a taxonomy.
func NewFeatureSpace(t *schemas.Taxonomy) *FeatureSpace {
	s := &FeatureSpace{Taxonomy: t}
	// The order of the blocks is that of their numbers: a model knows features by number only.
	for b := range Blocks {
		s.Base[b] = int32(len(s.Names))
		s.layOut(b)
		for range len(s.Names) - int(s.Base[b]) {
			s.BlockOf = append(s.BlockOf, b)
		}
	}
	s.Base[Blocks] = int32(len(s.Names))
	s.fingerprint = s.computeFingerprint()
	return s
}

// Size is how many features there are; in a space of groups how many rows tokens are hashed to.
func (s *FeatureSpace) Size() int {
	if s.groups != nil {
		return 1 << s.groups.bits
	}
	return len(s.Names)
}

// Describe is the feature's stable name, and in words what its being active means.
func (s *FeatureSpace) Describe(feature int32) (name, text string) {
	if s.groups != nil {
		return s.groups.describe(feature, s.Taxonomy)
	}
	return s.Names[feature], s.Texts[feature]
}

// Subject is the same of two features where Describe is: a number, so that it costs nothing to ask.
func (s *FeatureSpace) Subject(feature int32) int32 {
	if s.groups != nil {
		return subjectOf(feature)
	}
	return feature
}

// EventOf is the event time behind a feature, 0 where the feature sums up several events.
func (s *FeatureSpace) EventOf(feature int32, e *Evidence) schemas.Millis {
	if s.groups != nil {
		return s.groups.eventOf(feature, e)
	}
	switch b := s.BlockOf[feature]; b {
	case BlockFailedNow, BlockFailedDay, BlockFailedKind:
		return e.FailedAt
	case BlockFact:
		return e.FactAt[feature-s.Base[b]]
	case BlockLast, BlockSince:
		return e.LastAt
	}
	return 0
}

// add adds a feature that speaks of no reason.
func (s *FeatureSpace) add(b Block, name, text string) { s.addAbout(b, -1, name, text) }

// addAbout adds a feature that speaks of a reason.
func (s *FeatureSpace) addAbout(b Block, reason int, name, text string) {
	s.Names = append(s.Names, blockNames[b]+"/"+name)
	s.Texts = append(s.Texts, text)
	s.About = append(s.About, reason)
}

// layOut adds the features of one block.
// Active must number the values of a block in the same order, or a model learns one thing and is asked
// another.
func (s *FeatureSpace) layOut(b Block) {
	switch b {
	case BlockLast:
		s.perReason(b, "last contact was about %s", "no contact before")
	case BlockSecond:
		s.perReason(b, "the contact before the last was about %s", "at most one contact before")
	case BlockCommonest:
		s.perReason(b, "most contacts were about %s", "no contact before")
	case BlockShare:
		for k, r := range s.Taxonomy.Reasons {
			for i, w := range shareWords {
				s.addAbout(b, k, fmt.Sprintf("%s/%d", r.Code, i), w+" in contact about "+r.Words)
			}
		}
	case BlockFailedNow:
		s.perReason(b, "a failed digital step about %s minutes ago", "a digital step failed minutes ago")
	case BlockFailedDay:
		s.perReason(b, "a failed digital step about %s within a day", "a digital step failed within a day")
	// All that the block has room for is named, known or not, so that a build that learns a new kind
	// agrees with one that does not.
	case BlockFailedKind:
		for k := range failureKinds {
			s.add(b, fmt.Sprint(k), failureWords(schemas.FailureKind(k)))
		}
	case BlockLoop:
		for _, k := range person.LoopKinds {
			words := "open: " + strings.ReplaceAll(k, "_", " ")
			for i, r := range s.Taxonomy.Reasons {
				s.addAbout(b, i, k+"/"+r.Code, words+" about "+r.Words)
			}
			s.add(b, k+"/none", words)
		}
	case BlockViewedNow, BlockViewedDay, BlockFactReason:
		s.eachReason(b)
	case BlockFact:
		for e := range FactEvents {
			name := schemas.EhrEvent(e).String()
			s.add(b, name, "health record: "+strings.ReplaceAll(name, "_", " "))
		}
	case BlockLatest:
		s.perReason(b, "the last digital step was about %s", "no digital step of late")
	case BlockNewestFact:
		for e := range FactEvents {
			name := schemas.EhrEvent(e).String()
			s.add(b, name+"/today", "new in the health record today: "+strings.ReplaceAll(name, "_", " "))
			s.add(b, name+"/before", "new in the health record these days: "+strings.ReplaceAll(name, "_", " "))
		}
		s.add(b, "none", "nothing new in the health record")
	case BlockPage:
		for g := range pageGroups {
			s.add(b, fmt.Sprint(g), "the last page or screen")
		}
	case BlockMenu:
		s.perReason(b, "the voice menu took it for %s", "the voice menu knew no reason")
	case BlockPriority:
		for p := range 4 {
			s.add(b, fmt.Sprint(p), fmt.Sprintf("caller of priority %d", p))
		}
	default:
		s.layOutBands(b)
	}
}

// layOutBands adds the features of a block whose values are bands of a number. Names carry the band's index,
// so that its words may be reworded without a new fingerprint.
func (s *FeatureSpace) layOutBands(b Block) {
	var words []string
	switch b {
	case BlockSince:
		for _, w := range sinceWords {
			words = append(words, "last contact "+w)
		}
	case BlockCount:
		words = countWords[:]
	case BlockMix:
		words = mixWords[:]
	case BlockDigital:
		words = digitalWord[:]
	case BlockFrustration:
		words = levelWords[:]
	case BlockOverdue:
		words = overdueWord[:]
	case BlockHour:
		for h := range 12 {
			words = append(words, fmt.Sprintf("between %d:00 and %d:00", 2*h, 2*h+2))
		}
	case BlockWeekday:
		words = dayWords[:]
	}
	for i, w := range words {
		s.add(b, fmt.Sprint(i), w)
	}
}

// perReason adds a feature for each reason and one for none.
// The place of "none" is behind the reasons, as orNone has it.
func (s *FeatureSpace) perReason(b Block, text, none string) {
	for i, r := range s.Taxonomy.Reasons {
		s.addAbout(b, i, r.Code, fmt.Sprintf(text, r.Words))
	}
	s.add(b, "none", none)
}

// eachReason adds a feature for each reason and none for "none": an empty set is no active feature.
func (s *FeatureSpace) eachReason(b Block) {
	text := map[Block]string{BlockViewedNow: "looked at %s within 30 minutes", BlockViewedDay: "looked at %s within a day",
		BlockFactReason: "the health record has news about %s"}[b]
	for i, r := range s.Taxonomy.Reasons {
		s.addAbout(b, i, r.Code, fmt.Sprintf(text, r.Words))
	}
}

// Active appends the numbers of the active features, ascending.
// It runs for every touchpoint and allocates nothing where dst has room.
func (s *FeatureSpace) Active(dst []int32, e *Evidence) []int32 {
	if s.groups != nil {
		return s.groups.active(dst, e, s.Taxonomy)
	}
	// The calls below are in the order of the blocks, which keeps the numbers ascending. A block out of order
	// would break that for its readers.
	n := len(s.Taxonomy.Reasons)
	one := func(b Block, value int) { dst = append(dst, s.Base[b]+int32(value)) }
	each := func(b Block, set uint64) {
		for ; set != 0; set &= set - 1 {
			dst = append(dst, s.Base[b]+int32(bits.TrailingZeros64(set)))
		}
	}
	one(BlockLast, orNone(e.last, n))
	one(BlockSecond, orNone(e.second, n))
	one(BlockCommonest, orNone(e.commonest, n))
	// Without any contact there are no shares, and not shares of zero: that nobody called about it says
	// something only of somebody who calls.
	if e.Weight > 0 {
		for r := range n {
			if e.Share[r] > 0 {
				one(BlockShare, r*shareBands+shareBand(e.Share[r]/e.Weight))
			}
		}
	}
	one(BlockSince, e.sinceBand())
	one(BlockCount, countBand(e.Contacts))
	// A failed step of no reason has a feature of its own: something failed is more than nothing.
	if e.FailedNow >= 0 {
		one(BlockFailedNow, e.FailedNow)
	}
	if e.FailedDay >= 0 {
		one(BlockFailedDay, e.FailedDay)
		one(BlockFailedKind, failureFeature(e.FailedKind))
	}
	// Kind by reason, as layOut numbers them: n reasons and one for none, for each kind.
	for set := e.LoopSet; set != 0; set &= set - 1 {
		k := bits.TrailingZeros64(set)
		for reasons := e.loops[k]; reasons != 0; reasons &= reasons - 1 {
			one(BlockLoop, k*(n+1)+bits.TrailingZeros64(reasons))
		}
	}
	each(BlockViewedNow, e.ViewedNow)
	each(BlockViewedDay, e.ViewedDay)
	each(BlockFact, e.Facts)
	each(BlockFactReason, e.FactReasons)
	// The menu and the priority are the contact center's: outside a contact there are none, and their
	// absence must not look like a choice.
	if e.InContact {
		one(BlockMenu, orNone(e.menu, n))
		one(BlockPriority, min(max(int(e.priority), 0), 3))
	}
	one(BlockMix, e.mix)
	one(BlockDigital, e.digitalBand())
	one(BlockFrustration, levelBand(e.Frustration))
	one(BlockOverdue, min(e.Overdue, 2))
	one(BlockHour, e.hour/2)
	one(BlockWeekday, e.weekday)
	one(BlockLatest, orNone(e.latest, n))
	one(BlockNewestFact, e.newestFact())
	if e.page >= 0 {
		one(BlockPage, e.page)
	}
	return dst
}

// failureFeature is the kind's place in its block: that of unknown where the block has none for it.
func failureFeature(k schemas.FailureKind) int {
	if int(k) >= failureKinds {
		return int(schemas.FailureKindUnknown)
	}
	return int(k)
}

// orNone maps -1 to the place of "none" in a block.
func orNone(reason, none int) int {
	if reason < 0 {
		return none
	}
	return reason
}

// shareBand is the band of a share between 0 and 1.
func shareBand(share float64) int {
	switch {
	// Bands and not the share itself: the model counts, and one number of its own per patient is counted
	// once.
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

// countBand is the band of a number of contacts: exact while few, then ever wider.
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

// levelBand is a quarter of the scale from 0 to 1.
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
// The places of kinds that no build knows yet get words that hold for any of them.
func failureWords(k schemas.FailureKind) string {
	if int(k) >= schemas.FailureKindCount {
		return "a digital step failed"
	}
	return "digital step failed: " + strings.ReplaceAll(k.String(), "_", " ")
}
