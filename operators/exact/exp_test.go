package exact

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestExpAndLnAgreeWithMath(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 200_000 {
		x := (r.Float64() - 0.5) * 200
		if got, want := Exp(x), math.Exp(x); math.Abs(got-want) > 4e-16*want {
			t.Fatalf("exp(%v) = %v, want %v", x, got, want)
		}
		y := math.Exp(x)
		if got, want := Ln(y), math.Log(y); math.Abs(got-want) > 4e-16*math.Max(1, math.Abs(want)) {
			t.Fatalf("ln(%v) = %v, want %v", y, got, want)
		}
	}
	if Exp(0) != 1 || Ln(1) != 0 || Exp(-1000) != 0 || math.IsInf(Exp(1000), 0) || !math.IsNaN(Exp(math.NaN())) {
		t.Errorf("edges: %v %v %v %v", Exp(0), Ln(1), Exp(-1000), Exp(1000))
	}
}

func TestExpAndLnGiveTheSameBitsEverywhere(t *testing.T) {
	sum := uint64(0)
	for i := range 10_000 {
		x := float64(i)/97 - 50
		sum = sum*31 + math.Float64bits(Exp(x))
		sum = sum*31 + math.Float64bits(Ln(float64(i+1)/97))
	}
	if want := uint64(0x857760baf9711790); sum != want {
		t.Errorf("checksum %#x, want %#x", sum, want)
	}
}
