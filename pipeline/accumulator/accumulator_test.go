package accumulator

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// hash is a hash for tests: FNV with its bits spread.
func hash(s string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(s))
	x := h.Sum64()
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	x *= 0xc4ceb9fe1a85ec53
	return x ^ x>>33
}

// values draws integers of very different sizes, negative ones and zeros among them, few or many
// different ones.
func values(r *rand.Rand) []int64 {
	n, kinds := r.IntN(4000), 1+r.IntN(3000)
	if r.IntN(3) == 0 {
		n, kinds = r.IntN(200), 1+r.IntN(100)
	}
	list := make([]int64, n)
	for i := range list {
		x := int64(r.IntN(kinds)) * int64(r.IntN(kinds)+1)
		if x%5 == 4 {
			x = -x
		}
		list[i] = x
	}
	return list
}

// law checks that parts merged in any grouping, some of them stored and read again on the way, have
// the bytes of the whole.
func law[A any, P Value[A]](t *testing.T, add func(*A, int64)) {
	t.Helper()
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 1))
		list := values(r)
		var whole A
		parts := make([]A, 1+r.IntN(6))
		for _, v := range list {
			add(&whole, v)
			add(&parts[r.IntN(len(parts))], v)
		}
		for len(parts) > 1 {
			i := r.IntN(len(parts) - 1)
			before := P(&parts[i+1]).Append(nil)
			if r.IntN(2) == 0 {
				parts[i] = again[A, P](t, &parts[i])
			}
			P(&parts[i]).Merge(&parts[i+1])
			if !bytes.Equal(P(&parts[i+1]).Append(nil), before) {
				t.Fatalf("seed %d: merging changed the other", seed)
			}
			parts = slices.Delete(parts, i+1, i+2)
		}
		if got, want := P(&parts[0]).Append(nil), P(&whole).Append(nil); !bytes.Equal(got, want) {
			t.Fatalf("seed %d, %d values: merged %.60x, whole %.60x", seed, len(list), got, want)
		}
		more := again[A, P](t, &whole) // what was restored goes on as what was not
		for _, v := range list[:len(list)/2] {
			add(&whole, v+1)
			add(&more, v+1)
		}
		if !bytes.Equal(P(&more).Append(nil), P(&whole).Append(nil)) {
			t.Fatalf("seed %d: a restored one goes on otherwise", seed)
		}
	}
}

// again stores and reads an accumulator.
func again[A any, P Value[A]](t *testing.T, v *A) (w A) {
	t.Helper()
	b := P(v).Append([]byte("before"))[6:]
	rest, err := P(&w).Decode(append(b, "after"...))
	if err != nil || string(rest) != "after" || !bytes.Equal(P(&w).Append(nil), b) {
		t.Fatalf("%T: stored %.60x, read %.60x, rest %q, %v", v, b, P(&w).Append(nil), rest, err)
	}
	return w
}

func TestPartsMergedAreTheWhole(t *testing.T) {
	t.Run("count", func(t *testing.T) { law[Count](t, func(c *Count, _ int64) { c.Add(1) }) })
	t.Run("number", func(t *testing.T) { law[Number](t, (*Number).Add) })
	t.Run("quantiles", func(t *testing.T) { law[Quantiles](t, (*Quantiles).Add) })
	t.Run("distinct", func(t *testing.T) {
		law[Distinct](t, func(d *Distinct, v int64) { d.Add(hash(fmt.Sprint(v))) })
	})
	t.Run("histogram", func(t *testing.T) {
		bounds := []int64{-100, 0, 1, 10, 10_000}
		law[Histogram](t, func(h *Histogram, v int64) { h.Add(bounds, v) })
	})
}

func TestNumberSumsUp(t *testing.T) {
	var n Number
	if n.Mean() != 0 {
		t.Errorf("mean of nothing: %v", n.Mean())
	}
	for _, v := range []int64{5, -3, 10} {
		n.Add(v)
	}
	if n != (Number{3, 12, -3, 10}) || n.Mean() != 4 {
		t.Errorf("got %+v, mean %v", n, n.Mean())
	}
}

func TestDistinctIsExactThenClose(t *testing.T) {
	var d Distinct
	for i := range 200_000 {
		d.Add(hash(fmt.Sprint(i)))
		d.Add(hash(fmt.Sprint(i / 2)))
		switch n := int64(i + 1); {
		case n <= exactDistinct && (!d.Exact() || d.Count() != n):
			t.Fatalf("%d different: got %d, exact %v", n, d.Count(), d.Exact())
		case n > exactDistinct && n%20_000 == 0:
			if off := math.Abs(float64(d.Count())/float64(n) - 1); d.Exact() || off > 0.03 {
				t.Errorf("%d different: got %d, off by %.3f", n, d.Count(), off)
			}
		}
	}
}

func TestQuantilesAreWithinOnePercent(t *testing.T) {
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 2))
		list := values(r)
		list = append(list, math.MaxInt64, math.MinInt64, 1, -1, 0)
		var q Quantiles
		for _, v := range list {
			q.Add(v)
		}
		slices.Sort(list)
		for _, p := range []float64{0, 0.05, 0.5, 0.95, 0.99, 1} {
			rank := p * float64(len(list)-1) // between two values either will do
			low, high := list[int(math.Floor(rank))], list[int(math.Ceil(rank))]
			if got := q.At(p); !near(got, low) && !near(got, high) {
				t.Errorf("seed %d: quantile %v of %d: got %v, want %v or %v", seed, p, len(list), got, low, high)
			}
		}
		if q.Count() != int64(len(list)) {
			t.Errorf("count: got %d, want %d", q.Count(), len(list))
		}
	}
	if (&Quantiles{}).At(0.5) != 0 {
		t.Error("the median of nothing is not 0")
	}
}

func near(got float64, want int64) bool {
	return math.Abs(got-float64(want)) <= accuracy*math.Abs(float64(want))*1.0000001
}

// TestTopKHoldsItsBounds checks, after adding, merging and storing in any order, that every count is
// within its error, the error within its bound, and that nothing frequent is missing.
func TestTopKHoldsItsBounds(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 3))
		kinds := 1 + r.IntN(600)
		truth, total := map[string]int64{}, int64(0)
		parts := make([]TopK, 1+r.IntN(5))
		for range 200 + r.IntN(5000) {
			item, n := fmt.Sprint(int(float64(kinds)*math.Pow(r.Float64(), 3))), int64(1+r.IntN(3))
			i := r.IntN(len(parts))
			parts[i].Add(item, n)
			truth[item] += n
			total += n
			if r.IntN(500) == 0 {
				parts[i] = again(t, &parts[i])
			}
		}
		top := &parts[0]
		for i := range parts[1:] {
			top.Merge(&parts[i+1])
		}
		checkTop(t, seed, top, truth, total)
	}
}

func checkTop(t *testing.T, seed uint64, top *TopK, truth map[string]int64, total int64) {
	t.Helper()
	found := map[string]bool{}
	last := int64(math.MaxInt64)
	for _, x := range top.Top(MaxItems) {
		found[x.Item] = true
		if n := truth[x.Item]; x.Count < n || x.Count-x.Over > n || x.Over > total/MaxItems || x.Count > last {
			t.Errorf("seed %d: %+v, true count %d of %d, after %d", seed, x, n, total, last)
		}
		last = x.Count
	}
	for item, n := range truth {
		if !found[item] && (n > total/MaxItems || top.Exact()) {
			t.Errorf("seed %d: %s with %d of %d is missing", seed, item, n, total)
		}
	}
	if top.Exact() != (len(truth) <= MaxItems) {
		t.Errorf("seed %d: exact %v with %d different items", seed, top.Exact(), len(truth))
	}
}

func TestHistogramsOfOtherBoundsKeepEveryValue(t *testing.T) {
	var a, b Histogram
	for v := range int64(100) {
		a.Add([]int64{10, 50}, v)
		b.Add([]int64{5, 20, 90}, v)
	}
	b.Add(nil, 1000) // a change of bounds does not reach what has begun
	a.Merge(&b)
	if want := []int64{15, 55, 131}; !slices.Equal(a.Counts, want) {
		t.Errorf("got %v, want %v", a.Counts, want)
	}
}

func TestHostileLengthsAreRefused(t *testing.T) {
	huge := binary.AppendUvarint([]byte{version}, math.MaxUint64)
	for name, decode := range decoders {
		for _, b := range [][]byte{nil, {version}, {version + 1, 0}, huge[:len(huge)-1], append([]byte{version, 0}, huge[1:]...)} {
			if err := decode(b); err == nil && name != "count" {
				t.Errorf("%s accepts %x", name, b)
			}
		}
	}
}

func decode[A any, P Value[A]](b []byte) error {
	var v A
	return CodecOf[A, P]().DecodeValue(b, &v)
}

var decoders = map[string]func([]byte) error{
	"count": decode[Count], "number": decode[Number], "distinct": decode[Distinct],
	"quantiles": decode[Quantiles], "topk": decode[TopK], "histogram": decode[Histogram],
}
