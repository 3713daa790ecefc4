package kafka

import (
	"context"
	"encoding/binary"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// throttle remembers for how long the brokers want to hear no more of a kind, by quota. They answer at once, say how
// long, and read nothing more from the connection until then: what is sent before waits there, and counts against the
// quota once more.
//
// A quota of bytes may ask for minutes after one large commit. Whatever else would go over that connection is not meant, and
// may be what ends the transaction: it gets a connection of its own. Produce keeps its pauses between commits for the same
// reason, since a transaction that is open while one is kept is aborted, its bytes count again, and nothing is ever committed:
//
//	Produce -> TxnOffsetCommit -> EndTxn | pause ......... | Produce -> ...
type throttle struct {
	mu    sync.Mutex
	until map[throttled]time.Time
	see   atomic.Pointer[func(api string, pause time.Duration)]
}

// throttled is one API of one broker.
type throttled struct {
	node int32
	key  int16
}

// Throttled calls see for each answer that asks for a pause, with the name of its API. It must
// be safe for concurrent use.
func (c *Cluster) Throttled(see func(api string, pause time.Duration)) { c.throttle.see.Store(&see) }

// calm waits until a broker takes requests of this API again, or ctx ends.
func (t *throttle) calm(ctx context.Context, node int32, key int16) error {
	return wait(ctx, t.left(func(k throttled) bool { return k == throttled{node, key} }))
}

// calmAll waits for all brokers.
func (t *throttle) calmAll(ctx context.Context, key int16) error {
	return wait(ctx, t.left(func(k throttled) bool { return k.key == key }))
}

func wait(ctx context.Context, pause time.Duration) error {
	if pause <= 0 {
		return nil
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// left is the longest pause that is left of those that count.
func (t *throttle) left(counts func(throttled) bool) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	var longest time.Duration
	for k, until := range t.until {
		left := time.Until(until)
		if left <= 0 {
			delete(t.until, k)
		} else if counts(k) {
			longest = max(longest, left)
		}
	}
	return longest
}

// answered notes what an answer asks for.
func (t *throttle) answered(node int32, key int16, pause time.Duration) {
	if pause <= 0 {
		return
	}
	t.mu.Lock()
	if t.until == nil {
		t.until = map[throttled]time.Time{}
	}
	t.until[throttled{node, key}] = time.Now().Add(pause)
	t.mu.Unlock()
	if see := t.see.Load(); see != nil {
		(*see)(apiName(key), pause)
	}
}

// muteLimit is the longest pause for which a connection is kept: quotas of requests ask for no longer ones, and to open
// another costs such a quota more than to wait.
const muteLimit = time.Second

// errMuted closes the connection of an answer that is otherwise as it should be, since its broker reads no more from it.
var errMuted = errors.New("answered, with a pause")

// pauseOf is what an answer asks for. All of ours begin with that but two: ApiVersions has no quota, and Produce says it at
// the end.
func pauseOf(rq *call) time.Duration {
	switch {
	case rq.key == apiProduce:
		r := rq.reader()
		pause, _, _ := readProduce(&r, func(string, int32, Code) error { return nil }) // whoever sent it reads it for what is wrong
		return pause
	case rq.key == apiApiVersions || len(rq.resp) < 4:
		return 0
	}
	return time.Duration(int32(binary.BigEndian.Uint32(rq.resp))) * time.Millisecond
}
