package journeys

import (
	"math/bits"
	"math/rand/v2"
)

// dice draws everything by integer arithmetic: floating point would give other
// streams on processors that fuse multiplication and addition.
type dice struct {
	pcg rand.PCG
}

func newDice(seed, stream uint64) *dice {
	d := &dice{}
	d.pcg.Seed(seed, stream)
	return d
}

// below draws from 0 up to n-1, evenly.
func (d *dice) below(n int) int {
	hi, _ := bits.Mul64(d.pcg.Uint64(), uint64(n))
	return int(hi)
}

// percent is true n times in 100.
func (d *dice) percent(n int) bool { return d.below(100) < n }

// hit is true with the chance c.
func (d *dice) hit(c chance) bool { return d.pcg.Uint64()>>32 < uint64(c) }

// pick draws an index by cumulative weights.
func (d *dice) pick(c cumulative) int {
	x := uint32(d.below(int(c[len(c)-1])))
	for i, top := range c {
		if x < top {
			return i
		}
	}
	panic("journeys: weights do not cover their sum")
}

// chance is a probability in units of 2^-32.
type chance uint64

func toChance(p float64) chance { return chance(p * (1 << 32)) }

// cumulative is a row of running sums of integer weights.
type cumulative []uint32

func toCumulative(weights []int) cumulative {
	c := make(cumulative, len(weights))
	var sum uint32
	for i, w := range weights {
		sum += uint32(w)
		c[i] = sum
	}
	return c
}

// spread is a distribution of milliseconds by nine quantiles (0, 1/8 ... 1), even
// between two of them.
type spread [9]int64

func (d *dice) of(s *spread) int64 {
	u := d.pcg.Uint64()
	i := u >> 61
	width := uint64(s[i+1] - s[i])
	return s[i] + int64((u>>29&0xffffffff)*width>>32)
}

// mix scrambles x. It is a hash, for traits that are a function of a patient's
// number.
func mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}
