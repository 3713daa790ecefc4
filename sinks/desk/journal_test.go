package desk

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/attune-health/attune/schemas"
)

func readLetter(id string) letter {
	r := read{ID: id, OccurredAt: 1, Who: "agents", Person: "p", What: "contact", Desk: "d"}
	return r.letter()
}

// A read that was answered for is there after a loss of power, and comes to the topic whatever happens while it is sent.
func TestPowerIsLostThenEveryReadThatWasKeptIsSent(t *testing.T) {
	for seed := range uint64(6) {
		r := rand.New(rand.NewPCG(seed, 3))
		disk := vfs.NewCrashableMem()
		sent := map[string]int{}
		want := 0
		open := func() *journal {
			j, err := openJournal("desk", disk)
			if err != nil {
				t.Fatal(err)
			}
			return j
		}
		j := open()
		for range 60 {
			var letters []letter
			for range 1 + r.IntN(4) {
				letters = append(letters, readLetter(fmt.Sprint("read-", want)))
				want++
			}
			if err := j.keep(letters); err != nil {
				t.Fatal(err)
			}
			if r.IntN(3) == 0 {
				some(t, j, sent, r)
			}
			if r.IntN(10) == 0 {
				after := disk.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: r.IntN(101), RNG: rand.New(rand.NewPCG(seed, r.Uint64()))})
				if err := j.close(); err != nil {
					t.Fatal(err)
				}
				disk = after
				j = open()
			}
		}
		for j.waiting() > 0 {
			some(t, j, sent, r)
		}
		if len(sent) != want {
			t.Errorf("seed %d: %d of %d reads were sent", seed, len(sent), want)
		}
		if err := j.close(); err != nil {
			t.Fatal(err)
		}
	}
}

// some lets the journal send until a sending fails.
func some(t *testing.T, j *journal, sent map[string]int, r *rand.Rand) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	send := func(_ context.Context, letters ...letter) error {
		if r.IntN(2) == 0 || j.waiting() == int64(len(letters)) {
			cancel()
		}
		if r.IntN(3) == 0 {
			cancel()
			return errNoBroker
		}
		for _, l := range letters {
			sent[l.id]++
		}
		return nil
	}
	if err := j.run(ctx, send, func(err error) { t.Error(err) }); err != nil {
		t.Fatal(err)
	}
}

// What the broker will not take is told, and tried again; answers of many go to the disk at the same time.
func TestReadsAreKeptSideBySideAndARefusalIsTold(t *testing.T) {
	j, err := openJournal(t.TempDir(), vfs.Default)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := j.close(); err != nil {
			t.Error(err)
		}
	}()
	var g sync.WaitGroup
	for i := range 8 {
		g.Go(func() {
			for k := range 50 {
				if err := j.keep([]letter{readLetter(fmt.Sprint(i, "-", k))}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	g.Wait()
	if j.waiting() != 400 {
		t.Errorf("%d reads wait, want 400", j.waiting())
	}
	refusal := errors.New("topic authorization failed")
	ctx, cancel := context.WithCancel(t.Context())
	var told error
	if err := j.run(ctx, func(context.Context, ...letter) error { return refusal }, func(err error) { told = err; cancel() }); err != nil {
		t.Fatal(err)
	}
	if !errors.Is(told, refusal) || j.waiting() != 400 {
		t.Errorf("%v was told, and %d wait", told, j.waiting())
	}
	ctx, cancel = context.WithCancel(t.Context())
	ids := map[string]bool{}
	if err := j.run(ctx, func(_ context.Context, letters ...letter) error {
		for _, l := range letters {
			v := l.record.(*schemas.AccessAudit)
			ids[v.EventID] = true
		}
		if len(ids) == 400 {
			cancel()
		}
		return nil
	}, func(err error) { t.Error(err) }); err != nil || len(ids) != 400 || j.waiting() != 0 {
		t.Errorf("%d of 400 were sent, %d wait: %v", len(ids), j.waiting(), err)
	}
}
