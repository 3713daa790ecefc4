package simulation

import (
	"errors"
	"fmt"
	"time"

	"github.com/attune-health/attune/pipeline"
)

// outcome is what becomes of a request.
type outcome uint8

const (
	done         outcome = iota
	dropped              // it never arrives
	lost                 // it takes effect, its answer never arrives
	refused              // the broker answers with an error
	refusedAfter         // the same, but it has taken effect
	twice                // it takes effect again later
)

func (o outcome) String() string {
	return [...]string{"done", "request dropped", "answer lost", "refused", "refused after effect", "request repeated"}[o]
}

type fate struct {
	out, back, again time.Duration // on the way there and back; until the second time
	onWire           bool          // it has left the process: whatever happens to that, it arrives
	outcome          outcome
	err              error
	final            bool // the client does not try again
}

// drawFate decides at once all that can befall a request.
func (w *world) drawFate(r *request) fate {
	s := &w.settings
	f := fate{out: w.latency(), back: w.latency(), onWire: w.chance(2)}
	if w.healed || !w.chance(s.FaultEvery) || r.kind == leaveGroup {
		return f
	}
	f.final = w.chance(2)
	switch w.rand.IntN(6) {
	case 0:
		f.outcome = dropped
	case 1:
		f.outcome = lost
	case 2:
		f.outcome, f.err = refused, codes(r.kind)[w.rand.IntN(len(codes(r.kind)))]
		f.final = f.final && r.kind != fetch
	case 3:
		if r.kind == produce || r.kind == commitTxnOffset {
			f.outcome, f.err = refusedAfter, codeRequestTimedOut
		}
	case 4:
		if r.kind != joinGroup && r.kind != fetch && (s.Version2 || !r.kind.transactional()) {
			f.outcome, f.again = twice, w.between(0, 2*time.Second)
		}
	case 5:
		f.out = w.between(100*time.Millisecond, 6*time.Second)
	}
	return f
}

// transactional reports whether a request that arrives once more during the next transaction is taken
// for one of its own, where all transactions of a producer have one epoch. Clients cannot help that
// hole of version 1; version 2 closes it.
func (k kind) transactional() bool {
	return k == addPartitions || k == addOffsets || k == commitTxnOffset || k == endTxn
}

// latency is that of one way through the network.
func (w *world) latency() time.Duration {
	s := &w.settings
	if !w.healed && w.chance(s.SlowEvery) {
		return w.between(s.Latency, 100*s.Latency)
	}
	return w.between(s.Latency/10+1, s.Latency)
}

// code is an error code of the Kafka protocol.
type code int

const (
	codeLeaderNotAvailable      code = 5
	codeNotLeader               code = 6
	codeRequestTimedOut         code = 7
	codeCoordinatorLoading      code = 14
	codeCoordinatorNotAvailable code = 15
	codeNotCoordinator          code = 16
	codeNotEnoughReplicas       code = 19
	codeIllegalGeneration       code = 22
	codeUnknownMember           code = 25
	codeOutOfOrderSequence      code = 45
	codeInvalidProducerEpoch    code = 47
	codeInvalidTxnState         code = 48
	codeInvalidProducerMapping  code = 49
	codeConcurrentTransactions  code = 51
	codeStorage                 code = 56
	codeUnknownProducer         code = 59
	codeOffsetNotAvailable      code = 78
	codeUnstableOffsets         code = 88
	codeProducerFenced          code = 90
	codeTransactionAbortable    code = 120
)

func (c code) Error() string { return fmt.Sprintf("broker error %d", int(c)) }

var (
	errCut    = errors.New("connection cut")
	errKilled = errors.New("the process is dead")
)

// finalError is an error that the client hands on without another attempt.
type finalError struct{ err error }

func (e finalError) Error() string { return e.err.Error() }
func (e finalError) Unwrap() error { return e.err }

var (
	codesOfCoordinator = []error{codeCoordinatorLoading, codeCoordinatorNotAvailable, codeNotCoordinator}
	codesOfTransaction = []error{codeCoordinatorLoading, codeCoordinatorNotAvailable, codeNotCoordinator, codeConcurrentTransactions, codeTransactionAbortable}
	codesOfProduce     = []error{codeNotLeader, codeLeaderNotAvailable, codeRequestTimedOut, codeNotEnoughReplicas, codeStorage, codeOutOfOrderSequence, codeUnknownProducer}
	codesOfLog         = []error{codeNotLeader, codeLeaderNotAvailable, codeOffsetNotAvailable, codeStorage}
	codesOfCommit      = []error{codeCoordinatorLoading, codeNotCoordinator, codeIllegalGeneration, codeUnknownMember, codeTransactionAbortable}
)

// codes are those that a broker may answer a request with for no reason that the client knows.
func codes(k kind) []error {
	switch k {
	case addPartitions, addOffsets, endTxn:
		return codesOfTransaction
	case produce:
		return codesOfProduce
	case fetch, listOffsets:
		return codesOfLog
	case commitTxnOffset, commitOffset:
		return codesOfCommit
	}
	return codesOfCoordinator
}

// passes reports whether the same request may succeed a moment later.
func passes(err error) bool {
	var f finalError
	var c code
	switch {
	case errors.As(err, &f), errors.Is(err, errKilled), pipeline.KindOf(err) != 0:
		return false
	case errors.Is(err, errCut):
		return true
	case errors.As(err, &c):
		switch c {
		case codeIllegalGeneration, codeUnknownMember, codeOutOfOrderSequence, codeInvalidProducerEpoch, codeInvalidTxnState,
			codeInvalidProducerMapping, codeUnknownProducer, codeProducerFenced, codeTransactionAbortable:
			return false
		}
		return true
	}
	return false
}

// asEngine gives an error the kind that a client gives it.
func asEngine(err error) error {
	if err == nil || pipeline.KindOf(err) != 0 {
		return err
	}
	var c code
	if errors.As(err, &c) {
		switch c {
		case codeIllegalGeneration, codeUnknownMember:
			return pipeline.Fenced(pipeline.ReasonGenerationFenced, err)
		case codeInvalidProducerEpoch, codeInvalidTxnState, codeInvalidProducerMapping, codeProducerFenced:
			return pipeline.Fenced(pipeline.ReasonProducerFenced, err)
		}
	}
	return pipeline.Transient("broker-unavailable", err)
}
