package simulation

import (
	"flag"
	"runtime"
	"sync"
	"testing"
)

var repeat = flag.Int("repeat", 0, "TestSameSeedThenSameRunToTheByte runs all of -seeds, each so many times")

// coresOfRound is how many cores the rounds of TestSameSeedThenSameRunToTheByte have, one after the other.
var coresOfRound = [...]int{1, 4, 1, 2}

// blockOfSeeds is how many seeds are run again before the next ones are: the traces of all would not fit into memory.
const blockOfSeeds = 200

// TestSameSeedThenSameRunToTheByte runs seeds again and compares all that is traced: of the first seeds all, and
// of some more those with dimensions of their own. A difference depends on the scheduler, and hardly ever comes
// back. So the runs that are compared are those that are traced.
func TestSameSeedThenSameRunToTheByte(t *testing.T) {
	const n = 150/slowdown + 1
	first, last, rounds := uint64(1), uint64(n), 2
	if *repeat > 0 {
		first, last, rounds = *firstSeed, *firstSeed+*seeds-1, *repeat
	}
	runs, differ := 0, 0
	for ; first <= last; first += blockOfSeeds {
		var block []uint64
		for seed := first; seed <= min(last, first+blockOfSeeds-1); seed++ {
			if *repeat > 0 || seed <= n/3 || drawDimensions(seed) != (dimensions{}) {
				block = append(block, seed)
			}
		}
		runs += rounds * len(block)
		differ += runAgain(t, block, rounds)
	}
	t.Logf("%d runs, %d seeds differ", runs, differ)
}

// runAgain runs seeds several times and reports those of which two runs differ.
func runAgain(t *testing.T, block []uint64, rounds int) (differ int) {
	var mu sync.Mutex
	traces := make(map[uint64]string)
	found := make(map[uint64]bool)
	for round := range rounds {
		before := runtime.GOMAXPROCS(coresOfRound[round%len(coresOfRound)])
		each(t, uint64(len(block)), func(t *testing.T, n uint64) bool {
			seed := block[n-1]
			r := simulate(t, seed, true)
			report(t, seed, r)
			trace := r.trace
			mu.Lock()
			defer mu.Unlock()
			if round == 0 {
				traces[seed] = trace
			}
			if traces[seed] != trace && !found[seed] {
				found[seed] = true
				a, b := difference(traces[seed], trace)
				t.Errorf("seed %d: two runs differ, first at\n%s\nand\n%s", seed, a, b)
			}
			return true
		})
		runtime.GOMAXPROCS(before)
	}
	return len(found)
}
