package simulation

import (
	"fmt"
	"sync"
	"testing"
)

// TestTroubleIsMet keeps the simulation from becoming harmless: within a few seeds all kinds of
// trouble happen, and every output is used.
func TestTroubleIsMet(t *testing.T) {
	met := make(map[string]int)
	var mu sync.Mutex
	each(t, 150/slowdown+1, func(t *testing.T, seed uint64) bool {
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
	}
	for topic := range new(settings).partitions() {
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
