package window

import (
	"math/rand/v2"
	"testing"
)

// text keeps the order of what is merged, so that a wrong order shows.
type text struct{ s string }

func joinText(a, b *text) { a.s += b.s }

// TestTreeSumsAnyRange changes, adds and removes slices at random and compares ranges with a naive
// concatenation.
func TestTreeSumsAnyRange(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 6))
		slices := map[int64]*text{}
		tr := tree[text]{load: func(n *node[text]) *text { return slices[n.number()] }}
		width := int64(1 + r.IntN(200))
		base := []int64{0, -100, 1 << 40, -1 << 40}[r.IntN(4)]
		for range 300 {
			i := base + r.Int64N(width)
			switch r.IntN(5) {
			case 0:
				tr.remove(i)
				delete(slices, i)
			default:
				n := tr.change(i)
				if (n == nil) != (slices[i] == nil) {
					t.Fatalf("seed %d: slice %d is there: %v", seed, i, n != nil)
				}
				if n == nil {
					slices[i] = new(text)
					tr.insert(i)
				}
				slices[i].s += string(rune('a' + r.IntN(26)))
			}
			a := base + r.Int64N(width+10) - 5
			b := a + r.Int64N(width)
			var got, want text
			tr.sum(&got, a, b, joinText)
			first, found := int64(0), false
			for k := a; k < base+width+5; k++ {
				if slices[k] == nil {
					continue
				}
				if !found {
					first, found = k, true
				}
				if k < b {
					want.s += slices[k].s
				}
			}
			if got != want {
				t.Fatalf("seed %d: range %d to %d: got %q, want %q", seed, a, b, got, want)
			}
			if i, ok := tr.first(a); ok != found || ok && i != first || tr.n != len(slices) {
				t.Fatalf("seed %d: first from %d: got %d %v of %d, want %d %v of %d", seed, a, i, ok, tr.n, first, found, len(slices))
			}
		}
	}
}

// TestTreeMergesFewTimes counts merges: a window of 4096 slices, of which one has changed in the
// middle, takes no more than a few per level.
func TestTreeMergesFewTimes(t *testing.T) {
	const n = 4096
	tr := tree[text]{load: func(*node[text]) *text { return new(text) }}
	for i := range int64(2 * n) {
		tr.insert(i)
	}
	merges := 0
	count := func(_, _ *text) { merges++ }
	var acc text
	tr.sum(&acc, 0, 2*n, count)
	for i := int64(1); i < n; i += 37 {
		merges = 0
		tr.change(i + n/3)
		tr.sum(&acc, i, i+n, count)
		if merges > 4*13 {
			t.Fatalf("window from %d: %d merges", i, merges)
		}
	}
}
