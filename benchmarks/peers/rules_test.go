package main

import (
	"encoding/binary"
	"slices"
	"testing"
)

// matchSlowly tests every rule.
func matchSlowly(rules int, record []byte) []uint32 {
	var found []uint32
	share := selectivity / float64(rules)
	for n := range rules {
		offset := mix(ruleSeed, uint64(n)) % space
		distance := (hashRecord(record) + space - offset) % space
		if distance < uint64(share*space) {
			found = append(found, uint32(n))
		}
	}
	return found
}

func TestMatcherFindsWhatEveryRuleSays(t *testing.T) {
	// Few rules have wide ranges, which reach over many slots and around the end of the space.
	for _, rules := range []int{1, 3, 1000, 100_000} {
		m, random := newMatcher(rules), newSplittable(1)
		matches, records := 0, 2_000
		for range records {
			record := binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(nil, random.long()), random.long())
			got := m.match(record, nil)
			slices.Sort(got)
			if rules <= 1000 || matches < 5 {
				if want := matchSlowly(rules, record); !slices.Equal(got, want) {
					t.Fatalf("%d rules: got %v, want %v", rules, got, want)
				}
			}
			matches += len(got)
		}
		if share := float64(matches) / float64(records); share < 0.15 || share > 0.25 {
			t.Errorf("%d rules: %v matches a record, want about %v", rules, share, selectivity)
		}
	}
}

func TestSplittableIsJavas(t *testing.T) {
	r := newSplittable(7)
	if got := int64(r.long()); got != 7191089600892374487 {
		t.Errorf("nextLong: got %d", got)
	}
	for _, c := range []struct{ bound, want int32 }{{5001, 2646}, {4, 3}, {13, 8}} {
		if got := r.below(c.bound); got != c.want {
			t.Errorf("nextInt(%d): got %d, want %d", c.bound, got, c.want)
		}
	}
	if got := r.float(); got != 0.45244189501146836 {
		t.Errorf("nextDouble: got %v", got)
	}
	for _, want := range []int32{527000107, 1241217191, 1787917569, 884477684} { // a bound that refuses some
		if got := r.below(2_000_000_000); got != want {
			t.Errorf("nextInt(2000000000): got %d, want %d", got, want)
		}
	}
}
