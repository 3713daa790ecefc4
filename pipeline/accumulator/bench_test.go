package accumulator

import (
	"strconv"
	"testing"
)

// bench measures adding to a full accumulator, and its size as stored.
func bench[A any, P Value[A]](b *testing.B, add func(*A, int64)) {
	b.Helper()
	var v A
	for i := range int64(5000) {
		add(&v, i)
	}
	b.ReportAllocs()
	for i := int64(0); b.Loop(); i++ {
		add(&v, i%5000)
	}
	b.ReportMetric(float64(len(P(&v).Append(nil))), "bytes-stored")
}

func BenchmarkAdd(b *testing.B) {
	names := make([]string, 5000)
	for i := range names {
		names[i] = strconv.Itoa(i * i % 500)
	}
	bounds := []int64{10, 100, 1000}
	b.Run("number", func(b *testing.B) { bench[Number](b, (*Number).Add) })
	b.Run("distinct", func(b *testing.B) {
		bench[Distinct](b, func(d *Distinct, v int64) { d.Add(uint64(v) * 0x9e3779b97f4a7c15) })
	})
	b.Run("quantiles", func(b *testing.B) { bench[Quantiles](b, (*Quantiles).Add) })
	b.Run("topk", func(b *testing.B) { bench[TopK](b, func(t *TopK, v int64) { t.Add(names[v], 1) }) })
	b.Run("histogram", func(b *testing.B) {
		bench[Histogram](b, func(h *Histogram, v int64) { h.Add(bounds, v) })
	})
}
