package evidence

import (
	"fmt"
	"strings"

	"github.com/attune-health/attune/operators/exact"
	"github.com/attune-health/attune/schemas"
)

// MaxTokens bounds the tokens of one list. What comes after is left out.
const MaxTokens = 128

// maxTable bounds the table of rows that is published: two bytes a reason and one for the row's number have
// to fit a record of the topic of models. The more rows, the fewer tokens share one by chance.
const maxTable = 1000_000

// groupSpace is what a space of groups has besides: which groups a site uses, and how they are hashed.
type groupSpace struct {
	// bits is the binary logarithm of the number of rows.
	bits int
	// use are the groups that are on, alignedOn and amountsOn the kinds.
	use                  []int
	alignedOn, amountsOn []int
	// seeds are hashes of names, by group.
	seeds [len(groups)]uint64
	// momentsOn, momentSeeds and momentFingerprint are the same of the groups of moments.
	momentsOn         []int
	momentSeeds       []uint64
	momentFingerprint int64
	// alignedTexts and amountTexts are the meanings of kinds with the words of each reason, kind-major.
	alignedTexts, amountTexts []string
	view                      view
	crowd                     crowd
	buf                       []uint64
}

// NewGroupSpace makes the space of the groups that a site uses: all but those that its taxonomy switches
// off. It serves one task at a time.
func NewGroupSpace(t *schemas.Taxonomy) (*FeatureSpace, error) {
	g := &groupSpace{bits: 16}
	for (2*len(t.Reasons)+1)<<g.bits > maxTable {
		g.bits--
	}
	off := map[string]bool{}
	for _, name := range t.Without {
		off[name] = true
	}
	used := map[string]bool{}
	on := func(name string) bool {
		family, _, _ := strings.Cut(name, "/")
		used[name], used[family] = true, true
		return !off[name] && !off[family]
	}
	s := &FeatureSpace{Taxonomy: t, groups: g}
	var names strings.Builder
	fmt.Fprintf(&names, "%s\n%s\n%d\n", groupsVersion, t.Version, g.bits)
	for i := range groups {
		g.seeds[i] = exact.Hash64(groups[i].Name)
		if on(groups[i].Name) {
			g.use = append(g.use, i)
		}
		fmt.Fprintf(&names, "%s\n", groups[i].Name)
	}
	for i := range aligned {
		if on(aligned[i].Name) {
			g.alignedOn = append(g.alignedOn, i)
		}
		fmt.Fprintf(&names, "%s\n", aligned[i].Name)
	}
	for i := range amounts {
		if on(amounts[i].Name) {
			g.amountsOn = append(g.amountsOn, i)
		}
		fmt.Fprintf(&names, "%s\n", amounts[i].Name)
	}
	var moments strings.Builder
	fmt.Fprintf(&moments, "%s\n%s\n%d\n%v\n", momentsVersion, t.Version, momentBits, t.Without)
	g.momentSeeds = seedsOf(momentGroups[:])
	for i := range momentGroups {
		if on(momentGroups[i].Name) {
			g.momentsOn = append(g.momentsOn, i)
		}
		fmt.Fprintf(&moments, "%s\n", momentGroups[i].Name)
	}
	g.momentFingerprint = int64(max(exact.Hash64(moments.String()), 1))
	for _, name := range t.Without {
		if !used[name] {
			return nil, fmt.Errorf("taxonomy %s: without: no group of features is named %q", t.Version, name)
		}
	}
	fmt.Fprintf(&names, "%v", t.Without)
	g.alignedTexts, g.amountTexts = textsOf(aligned[:], t), textsOf(amounts[:], t)
	s.fingerprint = int64(max(exact.Hash64(names.String()), 1))
	return s, nil
}

// Hashed says that the space is one of groups.
func (s *FeatureSpace) Hashed() bool { return s.groups != nil }

// Groups are all groups of tokens, whether a site uses them or not: codes have their numbers. Aligned and
// Amounts are the kinds.
func (s *FeatureSpace) Groups() []Group { return groups[:] }

// Aligned are the kinds of evidence that speak for reasons as such.
func (s *FeatureSpace) Aligned() []Kind { return aligned[:] }

// Amounts are those that do so more or less.
func (s *FeatureSpace) Amounts() []Kind { return amounts[:] }

// active appends the codes of the evidence, in the order in which groups are declared.
func (g *groupSpace) active(dst []int32, e *Evidence, t *schemas.Taxonomy) []int32 {
	v := &g.view
	another := g.crowd.meet(e.center, t)
	v.look(e, &g.crowd, len(t.Reasons))
	if another {
		g.crowd.codes = g.appendAmounts(g.crowd.codes, true)
	}
	tokens := 0
	for _, i := range g.use {
		group := &groups[i]
		if group.each == nil {
			if x := group.value(v); x != none && tokens < MaxTokens {
				dst, tokens = append(dst, g.token(i, x)), tokens+1
			}
			continue
		}
		g.buf = group.each(v, g.buf[:0])
		for _, x := range g.buf {
			if tokens < MaxTokens {
				dst, tokens = append(dst, g.token(i, x)), tokens+1
			}
		}
	}
	for _, i := range g.alignedOn {
		for r, set := 0, aligned[i].set(v); set != 0; r, set = r+1, set>>1 {
			if set&1 != 0 {
				dst = append(dst, alignedCode(i, r))
			}
		}
	}
	return append(g.appendAmounts(dst, false), g.crowd.codes...)
}

// appendAmounts appends the codes of the kinds that look at the center alone, which are declared last, or of the
// others.
func (g *groupSpace) appendAmounts(dst []int32, ofCenter bool) []int32 {
	for _, i := range g.amountsOn {
		if amounts[i].ofCenter != ofCenter {
			continue
		}
		for r, set := 0, amounts[i].all(&g.view); set != 0; r, set = r+1, set>>1 {
			if set&1 != 0 {
				dst = append(dst, amountCode(i, r, amounts[i].amount(&g.view, r)))
			}
		}
	}
	return dst
}

// token hashes a value of a group to a row.
func (g *groupSpace) token(group int, value uint64) int32 {
	return tokenCode(group, int(hashOf(g.seeds[group], value)>>(64-g.bits)))
}

// Check says what is wrong with a list of codes: one of another build, or damaged.
func (s *FeatureSpace) Check(codes []int32) error {
	tokens, n := 0, len(s.Taxonomy.Reasons)
	for _, c := range codes {
		ok := false
		switch KindOfCode(c) {
		case CodeToken:
			group, row := TokenOf(c)
			tokens++
			ok = group < len(groups) && row < s.Size() && tokens <= MaxTokens
		case CodeAligned:
			kind, r := AlignedOf(c)
			ok = kind < len(aligned) && r < n
		case CodeAmount:
			kind, r, _ := AmountOf(c)
			ok = kind < len(amounts) && r < n
		}
		if !ok {
			return fmt.Errorf("feature %d is no code", c)
		}
	}
	return nil
}

// describe is the name and the meaning of a code.
func (g *groupSpace) describe(code int32, t *schemas.Taxonomy) (name, text string) {
	switch KindOfCode(code) {
	case CodeToken:
		group, _ := TokenOf(code)
		return groups[group].Name, groups[group].Meaning
	case CodeAligned:
		kind, r := AlignedOf(code)
		return aligned[kind].Name, g.alignedTexts[kind*len(t.Reasons)+r]
	}
	kind, r, _ := AmountOf(code)
	return amounts[kind].Name, g.amountTexts[kind*len(t.Reasons)+r]
}

// textsOf are the meanings of kinds, made once: predictions are explained often.
func textsOf(kinds []Kind, t *schemas.Taxonomy) (texts []string) {
	for i := range kinds {
		for _, r := range t.Reasons {
			texts = append(texts, fmt.Sprintf(kinds[i].Meaning, r.Words))
		}
	}
	return texts
}

// eventOf is the event time behind a code, 0 where it sums up several events.
func (g *groupSpace) eventOf(code int32, e *Evidence) schemas.Millis {
	name, _, _ := strings.Cut(g.nameOf(code), ".")
	switch name {
	case "journey/failed0", "visit/failed":
		return e.FailedAt
	case "journey/fact0", "fact/now", "fact/hours", "fact/day":
		if e.factN > 0 {
			return e.facts[0].known
		}
	case "journey/last", "history/l0", "last/unanswered", "last/day", "last/week":
		if e.history.known > 0 {
			return e.history.last[0].at
		}
	case "visit/now", "visit/hours", "visit/older":
		return e.DigitalAt
	}
	return 0
}

func (g *groupSpace) nameOf(code int32) string {
	switch KindOfCode(code) {
	case CodeToken:
		group, _ := TokenOf(code)
		return groups[group].Name
	case CodeAligned:
		kind, _ := AlignedOf(code)
		return aligned[kind].Name
	}
	kind, _, _ := AmountOf(code)
	return amounts[kind].Name
}
