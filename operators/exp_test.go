package operators

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestExpAndLnAgreeWithMath(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 200_000 {
		x := (r.Float64() - 0.5) * 200
		if got, want := exp(x), math.Exp(x); math.Abs(got-want) > 4e-16*want {
			t.Fatalf("exp(%v) = %v, want %v", x, got, want)
		}
		y := math.Exp(x)
		if got, want := ln(y), math.Log(y); math.Abs(got-want) > 4e-16*math.Max(1, math.Abs(want)) {
			t.Fatalf("ln(%v) = %v, want %v", y, got, want)
		}
	}
	if exp(0) != 1 || ln(1) != 0 || exp(-1000) != 0 || math.IsInf(exp(1000), 0) || !math.IsNaN(exp(math.NaN())) {
		t.Errorf("edges: %v %v %v %v", exp(0), ln(1), exp(-1000), exp(1000))
	}
}

func TestExpAndLnGiveTheSameBitsEverywhere(t *testing.T) {
	sum := uint64(0)
	for i := range 10_000 {
		x := float64(i)/97 - 50
		sum = sum*31 + math.Float64bits(exp(x))
		sum = sum*31 + math.Float64bits(ln(float64(i+1)/97))
	}
	if want := uint64(0x857760baf9711790); sum != want {
		t.Errorf("checksum %#x, want %#x", sum, want)
	}
}
