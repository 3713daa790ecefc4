package simulation

import (
	"fmt"
	"sync"
	"testing"
)

// TestTroubleIsMet keeps the simulation from becoming harmless: within a few seeds, and then some of those
// with dimensions of their own, all kinds of trouble happen, and every output is used.
func TestTroubleIsMet(t *testing.T) {
	met := make(map[string]int)
	var mu sync.Mutex
	each(t, 300/slowdown+1, func(t *testing.T, seed uint64) bool {
		if seed > 100 && drawDimensions(seed) == (dimensions{}) {
			return true
		}
		r := simulate(t, seed, false)
		mu.Lock()
		defer mu.Unlock()
		for what, n := range r.met {
			met[what] += n
		}
		return true
	})
	want := []string{
		"request dropped", "answer lost", "refused", "refused after effect", "request repeated", "request arrives late",
		"kill", "stop", "clean end", "freeze", "session lost", "usurped", "rebalance", "fence", "drain",
		"coordinators move", "leader moves", "partition delayed", "transaction times out", "aborted with records",
		"shard moved", "record held", "record forwarded", "touchpoint late", "touchpoint twice", "touchpoint rejected",
		"output twice", "backlog", "disk of another time or process", "disk of another cluster", "disk ahead of its changelog", "disk empty", "disk spoilt", "disk compacted",
	}
	for topic := range enginePartitions(1) {
		want = append(want, "records in "+topic)
	}
	for _, c := range []code{
		codeLeaderNotAvailable, codeNotLeader, codeRequestTimedOut, codeCoordinatorLoading, codeCoordinatorNotAvailable, codeNotCoordinator,
		codeNotEnoughReplicas, codeIllegalGeneration, codeUnknownMember, codeOutOfOrderSequence, codeInvalidProducerEpoch, codeInvalidTxnState,
		codeConcurrentTransactions, codeStorage, codeUnknownProducer, codeOffsetNotAvailable, codeUnstableOffsets, codeTransactionAbortable,
	} {
		want = append(want, c.Error())
	}
	for _, what := range want {
		if met[what] == 0 && slowdown == 1 {
			t.Errorf("%s: never", what)
		}
	}
	t.Log(fmt.Sprint(met))
}
