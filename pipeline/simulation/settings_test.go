package simulation

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/runner"
)

// dimensions are what is simulated besides what always is. Most seeds have none: each costs time that
// others would have.
type dimensions struct {
	Product     bool // the product's topology instead of the engine's own
	AtLeastOnce bool // no transactions
	Disk        bool // state is on a disk that may be lost, old, spoilt or another's
	Backlog     bool // the sources hold a quarter of an hour when the processes begin, and are read in the order of time
}

// drawDimensions is apart from all else that a seed draws.
func drawDimensions(seed uint64) (d dimensions) {
	switch n := rand.New(rand.NewPCG(seed, 0x52)).IntN(100); {
	case n < 8:
		d.Product = true
	case n < 20:
		d.AtLeastOnce = true
	case n < 30:
		d.Disk = true
	case n < 31:
		d.Product, d.Disk = true, true
	case n < 33:
		d.AtLeastOnce, d.Disk = true, true
	case n < 40:
		d.Backlog = true
	}
	return d
}

func (d dimensions) has(which string) bool {
	switch which {
	case "product":
		return d.Product
	case "at-least-once":
		return d.AtLeastOnce
	case "disk":
		return d.Disk
	case "backlog":
		return d.Backlog
	}
	panic("no dimension " + which)
}

// settings are what a seed draws once. Durations are odd, so that deadlines do not meet.
type settings struct {
	dimensions
	// Of the engine.
	Workers, MaxPending           int
	Commit, Urgent, Tick, Lag     time.Duration
	Checkpoint                    time.Duration
	Standbys                      int
	CommitTimeout, Drain, Backoff time.Duration
	// Of the brokers.
	MidPartitions                                           int32
	Version2                                                bool
	TxnTimeout, SessionTimeout, Heartbeat, RebalanceTimeout time.Duration
	ChunkEntries                                            int
	// Of the network: one way in Latency at most, once in SlowEvery times up to a hundred times that;
	// once in FaultEvery requests something goes wrong.
	Latency               time.Duration
	SlowEvery, FaultEvery int
	// Of what befalls processes.
	Processes    int
	Chaos        time.Duration
	NemesisEvery time.Duration
	// Of the input.
	IdleAfter, Bound pipeline.Time
	Records          int
	// Flush is how many bytes are written to a disk at once.
	Flush int
}

// engineSources are what the group shares out.
var engineSources = []string{"web", "ehr", "mid"}

func enginePartitions(p int32) map[string]int32 {
	return map[string]int32{
		"web": 2, "ehr": 2, "links": 1, "models": 1, "rejected": 1, "mid": p, "patient-changelog": p,
		"out": p, "late": p, "windows": p, "early": p, "silences": p, "personas": p, "duplicates": p, "dumps": p,
	}
}

func pick[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

func drawSettings(r *rand.Rand, d dimensions) settings {
	const ms = time.Millisecond
	s := settings{
		dimensions:       d,
		Workers:          1 + r.IntN(2),
		MaxPending:       pick(r, 400, 4000, 16<<20),
		Commit:           pick(r, 21*ms+3, 53*ms+5, 103*ms+7),
		Urgent:           5*ms + 11,
		Tick:             pick(r, 31*ms+13, 101*ms+17),
		Lag:              pick(r, 97*ms+19, 397*ms+23),
		CommitTimeout:    pick(r, 700*ms+29, 3000*ms+31),
		Drain:            pick(r, 300*ms+37, 1500*ms+41),
		Backoff:          pick(r, 23*ms+43, 107*ms+47),
		MidPartitions:    2 + r.Int32N(2),
		Version2:         r.IntN(2) == 0,
		TxnTimeout:       pick(r, 1100*ms+53, 4000*ms+59),
		SessionTimeout:   pick(r, 600*ms+61, 2000*ms+67),
		Heartbeat:        pick(r, 50*ms, 500*ms),
		RebalanceTimeout: pick(r, 800*ms+71, 4000*ms+73),
		ChunkEntries:     pick(r, 2, 10, 60),
		Latency:          pick(r, ms/2, 2*ms, 12*ms),
		SlowEvery:        pick(r, 0, 300, 60),
		FaultEvery:       pick(r, 0, 200, 60, 25),
		Processes:        1 + r.IntN(3),
		Chaos:            time.Duration(3+r.IntN(5)) * time.Second,
		NemesisEvery:     pick(r, 150*ms, 400*ms, 1500*ms),
		IdleAfter:        pick[pipeline.Time](r, 300, 900, 4000),
		Bound:            pick[pipeline.Time](r, 50, 400),
		Records:          60 + r.IntN(140),
		Checkpoint:       pick(r, 0, 211*ms+79, 1100*ms+83, 20_000*ms),
		Standbys:         pick(r, 0, 1, 2),
	}
	if d.AtLeastOnce {
		s.Workers = 1 // nothing tells the producers of two apart
	}
	if d.Backlog {
		s.Processes = pick(r, 1, 1, 2)
		s.SlowEvery, s.FaultEvery = 0, 0 // a partition that does not answer for long is not waited for
	}
	if d.Disk {
		s.Flush = pick(r, 300, 2000, 20_000)
	}
	return s
}

func (s *settings) String() string { return fmt.Sprintf("%+v", *s) }

func (s *settings) delivery() runner.Delivery {
	if s.AtLeastOnce {
		return runner.AtLeastOnce
	}
	return runner.ExactlyOnce
}
