package exact

import (
	"math"
)

// exp and ln are the textbook reductions of FreeBSD's libm, written so that every machine gives the
// same bits: math.Exp and math.Log use assembly whose last bit depends on whether the processor
// fuses multiplication and addition, and the compiler may fuse x*y + z on some architectures. The
// conversions forbid that. A task replayed on another machine must repeat its outputs exactly.

// ln 2 in two parts. The first has its last 21 bits at zero: times a small whole number it is exact.
const (
	ln2Hi = 6.93147180369123816490e-01
	ln2Lo = 1.90821492927058770002e-10
)

// Exp is e to the power of x, for |x| up to 700. Below that it is 0, above it e to the power of 700:
// callers want a weight, never an infinity. NaN stays NaN. It is within 4e-16 of math.Exp,
// relatively; a test holds that.
//
// After e_exp.c of FreeBSD's libm.
func Exp(x float64) float64 {
	switch {
	case x < -700:
		return 0
	case x > 700:
		x = 700
	case x != x:
		return x
	}
	// x = k ln 2 + r, with r as small as can be: the polynomial is good for |r| up to half of ln 2.
	k := int(float64(math.Log2E*x) + 0.5)
	if x < 0 {
		k = int(float64(math.Log2E*x) - 0.5)
	}
	hi, lo := x-float64(float64(k)*ln2Hi), float64(float64(k)*ln2Lo)
	r := hi - lo
	// The polynomial of Remez, innermost term first. Each product is rounded by its conversion before
	// it is added, which is what forbids the fused operation.
	t := float64(r * r)
	p := 4.13813679705723846039e-08
	p = -1.65339022054652515390e-06 + float64(t*p)
	p = 6.61375632143793436117e-05 + float64(t*p)
	p = -2.77777777770155933842e-03 + float64(t*p)
	p = 1.66666666666666657415e-01 + float64(t*p)
	c := r - float64(t*p)
	y := 1 - ((lo - float64(r*c)/(2-c)) - hi)
	// Times 2 to the power of k, made of its exponent bits: exact.
	return y * math.Float64frombits(uint64(1023+k)<<52)
}

// Ln is the natural logarithm of x > 0. Other arguments are a defect of the caller and give no error.
//
// After e_log.c of FreeBSD's libm.
func Ln(x float64) float64 {
	// x = 2^k (1 + f), with 1 + f around 1, where the series below is short.
	f1, ki := math.Frexp(x)
	if f1 < math.Sqrt2/2 {
		f1 *= 2
		ki--
	}
	f, k := f1-1, float64(ki)
	s := f / (2 + f)
	// ln(1+f) = 2s + s R(s^2) with s = f / (2+f); even and odd terms apart, as FreeBSD does it.
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

// Decayed is the factor by which a count shrinks in the time that passed, given its half-life in the same
// unit. Time that runs backwards does not let a count grow: events arrive out of order, and each is decayed
// to the newest.
func Decayed(passed, halfLife float64) float64 {
	if passed <= 0 {
		return 1
	}
	return Exp(-math.Ln2 * passed / halfLife)
}
