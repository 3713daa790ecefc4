package exact

import (
	"math"
)

// exp and ln are the textbook reductions of FreeBSD's libm, written so that every machine gives the
// same bits: math.Exp and math.Log use assembly whose last bit depends on whether the processor
// fuses multiplication and addition, and the compiler may fuse x*y + z on some architectures. The
// conversions forbid that. A task replayed on another machine must repeat its outputs exactly.

const (
	// ln 2 in two parts. The high one ends in zeros, so that its product with a whole exponent is
	// exact; the low one holds the digits that are missing.
	ln2Hi = 6.93147180369123816490e-01
	ln2Lo = 1.90821492927058770002e-10
)

// Exp is e to the power of x, for |x| up to 700. Below that it is 0, above it e to the power of 700:
// callers want a weight, never an infinity. Off by less than one unit in the last place.
//
// After e_exp.c of FreeBSD's libm: x = k ln 2 + r with |r| <= ln(2)/2, and e^r from a rational
// function of r with the Remez polynomial p; the power of two then goes into the exponent.
func Exp(x float64) float64 {
	switch {
	case x < -700:
		return 0
	case x > 700:
		x = 700
	// NaN stays NaN.
	case x != x:
		return x
	}
	// Round half away from zero: a conversion to int cuts off.
	k := int(float64(math.Log2E*x) + 0.5)
	if x < 0 {
		k = int(float64(math.Log2E*x) - 0.5)
	}
	hi, lo := x-float64(float64(k)*ln2Hi), float64(float64(k)*ln2Lo)
	r := hi - lo
	t := float64(r * r)
	p := 4.13813679705723846039e-08
	p = -1.65339022054652515390e-06 + float64(t*p)
	p = 6.61375632143793436117e-05 + float64(t*p)
	p = -2.77777777770155933842e-03 + float64(t*p)
	p = 1.66666666666666657415e-01 + float64(t*p)
	c := r - float64(t*p)
	y := 1 - ((lo - float64(r*c)/(2-c)) - hi)
	return y * math.Float64frombits(uint64(1023+k)<<52)
}

// Ln is the natural logarithm of x > 0. Off by less than one unit in the last place.
//
// After e_log.c of FreeBSD's libm: x = 2^k (1+f) with 1+f between sqrt(1/2) and sqrt(2), and ln(1+f)
// from a series in s = f/(2+f), even and odd terms of its Remez polynomial apart (t1, t2).
func Ln(x float64) float64 {
	// Frexp gives a fraction from 1/2 to 1: double it where it is below the range.
	f1, ki := math.Frexp(x)
	if f1 < math.Sqrt2/2 {
		f1 *= 2
		ki--
	}
	f, k := f1-1, float64(ki)
	s := f / (2 + f)
	s2 := float64(s * s)
	s4 := float64(s2 * s2)
	t1 := 2.222219843214978396e-01 + float64(s4*1.531383769920937332e-01)
	t1 = 3.999999999940941908e-01 + float64(s4*t1)
	t1 = float64(s4 * t1)
	t2 := 1.818357216161805012e-01 + float64(s4*1.479819860511658591e-01)
	t2 = 2.857142874366239149e-01 + float64(s4*t2)
	t2 = 6.666666666666735130e-01 + float64(s4*t2)
	t2 = float64(s2 * t2)
	r := t1 + t2
	half := float64(0.5 * float64(f*f))
	return float64(k*ln2Hi) - ((half - (float64(s*(half+r)) + float64(k*ln2Lo))) - f)
}

// Decayed is the factor by which a count shrinks in the time passed, given its half-life in the same
// unit. Time that runs backwards shrinks nothing: a late event must not make a count grow.
func Decayed(passed, halfLife float64) float64 {
	if passed <= 0 {
		return 1
	}
	return Exp(-math.Ln2 * passed / halfLife)
}
