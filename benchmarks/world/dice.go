package world

import (
	"math"
	"math/bits"
)

// dice draws numbers that are a function of a key and of how many were drawn. Each patient has
// dice of their own, so that nobody's course depends on another's, and a patient's dice are four
// bytes of memory.
type dice struct {
	key   uint64
	count uint32
}

func (d *dice) next() uint64 {
	d.count++
	return mix(d.key + uint64(d.count)*0x9e3779b97f4a7c15)
}

// below draws from 0 up to n-1, evenly.
func (d *dice) below(n int) int {
	hi, _ := bits.Mul64(d.next(), uint64(n))
	return int(hi)
}

// unit draws from [0, 1).
func (d *dice) unit() float64 { return float64(d.next()>>11) / (1 << 53) }

// gap draws how many ticks pass until something that happens with probability p in each: 0 where it
// happens in the first. It is cut at most, which changes nothing where who asks draws again there.
func (d *dice) gap(p float64, most uint32) uint32 {
	if p <= 0 {
		return most
	}
	u := float64(d.next()>>11+1) / (1 << 53)
	if x := ln(u) / ln(1-p); x < float64(most) {
		return uint32(x)
	}
	return most
}

// pick draws an index by running sums.
func (d *dice) pick(sums []float64) int {
	u := d.unit() * sums[len(sums)-1]
	low, high := 0, len(sums)-1
	for low < high {
		if mid := (low + high) / 2; u < sums[mid] {
			high = mid
		} else {
			low = mid + 1
		}
	}
	return low
}

// spread is a distribution of milliseconds by nine quantiles (0, 1/8 ... 1), even between two.
type spread [9]int64

func (d *dice) of(s *spread) int64 {
	u := d.next()
	i := u >> 61
	width := uint64(s[i+1] - s[i])
	return s[i] + int64((u>>29&0xffffffff)*width>>32)
}

// mix scrambles x. It is a hash.
func mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}

// normal is a draw from the standard normal distribution that is a function of its key, cut at 2.5:
// the sum of twelve even draws.
func normal(key uint64) float64 {
	sum := -6.0
	for i := range uint64(12) {
		sum += float64(mix(key+i*0x9e3779b97f4a7c15)>>11) / (1 << 53)
	}
	return max(-2.5, min(2.5, sum))
}

// exp and ln give the same bits on every machine: math.Exp and math.Log are written in assembly on
// some, and compilers may fuse a product with a sum where no conversion forbids it.

// exp is e to the power of x, for |x| up to 40.
func exp(x float64) float64 {
	k := math.Floor(float64(x*math.Log2E) + 0.5)
	r := x - float64(k*math.Ln2)
	term, sum := 1.0, 1.0
	for i := 1; i <= 18; i++ {
		term = float64(term*r) / float64(i)
		sum += term
	}
	return math.Ldexp(sum, int(k))
}

// ln is the natural logarithm of x > 0, by 2 artanh((m-1)/(m+1)) of the mantissa m.
func ln(x float64) float64 {
	m, k := math.Frexp(x)
	if m < math.Sqrt2/2 {
		m, k = 2*m, k-1
	}
	z := (m - 1) / (m + 1)
	square := float64(z * z)
	sum := 0.0
	for i := 21; i >= 1; i -= 2 {
		sum = 1/float64(i) + float64(sum*square)
	}
	return float64(2*float64(z*sum)) + float64(float64(k)*math.Ln2)
}
