package main

import (
	"testing"
	"time"
)

func samplesOf(committed ...int64) []sample {
	var list []sample
	for i, n := range committed {
		list = append(list, sample{at: time.Unix(int64(i), 0), committed: n, cpu: time.Duration(n)})
	}
	return list
}

func TestSteadyPartLiesBetweenItsShares(t *testing.T) {
	for _, c := range []struct {
		name      string
		committed []int64
		from, to  int64
	}{
		{"many commits", []int64{0, 100, 290, 310, 500, 700, 790, 810, 1000}, 310, 790},
		{"few commits", []int64{0, 200, 450, 500, 900, 1000}, 200, 1000},
		{"two commits", []int64{0, 600, 1000}, 600, 1000},
		{"one commit", []int64{0, 1000}, 1000, 1000},
	} {
		from, to := steady(samplesOf(c.committed...), 1000)
		if from.committed != c.from || to.committed != c.to {
			t.Errorf("%s: got %d to %d, want %d to %d", c.name, from.committed, to.committed, c.from, c.to)
		}
	}
}
