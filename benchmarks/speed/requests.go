package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// requestTimes collects how long requests to the broker take.
type requestTimes struct {
	mu    sync.Mutex
	taken map[string][]time.Duration
}

// requestTime is how long the requests of one API took.
type requestTime struct {
	API           string
	Times         int
	P50, P99, Max time.Duration
}

func (r *requestTimes) add(api string, took time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.taken == nil {
		r.taken = map[string][]time.Duration{}
	}
	r.taken[api] = append(r.taken[api], took)
}

func (r *requestTimes) reset() {
	r.mu.Lock()
	defer r.mu.Unlock()
	clear(r.taken)
}

// sum is the times so far, most common API first.
func (r *requestTimes) sum() []requestTime {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []requestTime
	for api, taken := range r.taken {
		taken = slices.Sorted(slices.Values(taken))
		n := len(taken)
		all = append(all, requestTime{API: api, Times: n, P50: taken[n/2], P99: taken[n*99/100], Max: taken[n-1]})
	}
	slices.SortFunc(all, func(a, b requestTime) int { return cmp.Compare(b.Times, a.Times) })
	return all
}

// commitRequests are the requests that a commit is made of.
var commitRequests = []string{"AddPartitionsToTxn", "AddOffsetsToTxn", "Produce", "TxnOffsetCommit", "OffsetCommit", "EndTxn"}

// roundTrips says how many requests of each kind a commit took, and how long they took.
func (p *processed) roundTrips() string {
	var parts []string
	sum := 0
	for _, api := range commitRequests {
		for _, r := range p.Requests {
			if r.API != api {
				continue
			}
			sum += r.Times
			parts = append(parts, fmt.Sprintf("%s %.2f (p50 %.1f ms, p99 %.1f ms, max %.1f ms)", api, float64(r.Times)/float64(max(1, p.Commits)),
				milliseconds(r.P50), milliseconds(r.P99), milliseconds(r.Max)))
		}
	}
	return fmt.Sprintf("%d commits (%d urgent) of %.1f ms on average, %.2f round trips each: %s", p.Commits, p.Urgent,
		milliseconds(p.Took)/float64(max(1, p.Commits)), float64(sum)/float64(max(1, p.Commits)), strings.Join(parts, ", "))
}

// times is how many requests of an API were sent.
func (p *processed) times(api string) int {
	for _, r := range p.Requests {
		if r.API == api {
			return r.Times
		}
	}
	return 0
}
