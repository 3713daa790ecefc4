package accumulator

import (
	"bytes"
	"fmt"
	"testing"
)

// form checks that what decodes is written again as it was, that it merges, and that nothing panics.
func form[A any, P Value[A]](f *testing.F, seeds ...*A) {
	f.Helper()
	for _, s := range seeds {
		f.Add(P(s).Append(nil))
	}
	codec := CodecOf[A, P]()
	f.Fuzz(func(t *testing.T, b []byte) {
		var v, sum A
		if codec.DecodeValue(b, &v) != nil {
			return
		}
		if again := codec.AppendValue(nil, &v); !bytes.Equal(again, b) {
			t.Fatalf("%x is written as %x", b, again)
		}
		Merge[A, P](&sum, &v)
		Merge[A, P](&sum, &v)
		P(&sum).Append(nil)
	})
}

// filled makes an accumulator of n values.
func filled[A any](n int, add func(*A, int64)) *A {
	v := new(A)
	for i := range n {
		add(v, int64(i*i-n))
	}
	return v
}

func addDistinct(d *Distinct, v int64) { d.Add(hash(fmt.Sprint(v))) }
func addTop(t *TopK, v int64)          { t.Add(fmt.Sprint(v), 1+v&3) }
func addHistogram(h *Histogram, v int64) {
	h.Add([]int64{-7, 0, 300}, v)
}

func FuzzCount(f *testing.F) { form(f, &Count{}, &Count{7}, &Count{-1 << 40}) }

func FuzzNumber(f *testing.F) { form(f, &Number{}, filled(9, (*Number).Add)) }

func FuzzDistinct(f *testing.F) {
	form(f, &Distinct{}, filled(9, addDistinct), filled(2000, addDistinct))
}

func FuzzQuantiles(f *testing.F) { form(f, &Quantiles{}, filled(9, (*Quantiles).Add)) }

func FuzzTopK(f *testing.F) { form(f, &TopK{}, filled(9, addTop), filled(300, addTop)) }

func FuzzHistogram(f *testing.F) { form(f, &Histogram{}, filled(9, addHistogram)) }
