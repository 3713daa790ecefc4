//go:build soak

package desk

import (
	"flag"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/attune-health/attune/schemas"
)

var snapshotRate = flag.Int("rate", 200, "how many snapshots a second TestSpeedOfSnapshots asks for")

// TestSpeedOfSnapshots asks for snapshots over HTTP, each with the record of its read, and says how long they took from
// when they were due. It is built with the tag soak only, since it measures and judges nothing:
//
//	go test -tags soak ./sinks/desk -run SpeedOfSnapshots -v -rate 200
func TestSpeedOfSnapshots(t *testing.T) {
	rate := *snapshotRate
	const seconds, contacts, askers = 10, 500, 64
	r := newRig(t)
	for i := range contacts {
		p := fmt.Sprintf("speedperson%d", i)
		r.put(schemas.TopicPersonas, "Persona", p, &schemas.Persona{PersonRef: schemas.PersonRef(p), Language: "es"})
		r.decide(decision(fmt.Sprintf("speed-%d", i), p, fmt.Sprintf("speed-call-%d", i)))
	}
	r.shows(fmt.Sprintf("speed-call-%d", contacts-1), fmt.Sprintf("speed-%d", contacts-1))
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: askers}}
	due := make(chan time.Time, rate)
	var mu sync.Mutex
	var took []time.Duration
	var g sync.WaitGroup
	for k := range askers {
		g.Go(func() {
			for at := range due {
				a, err := client.Get(fmt.Sprintf("%s/v1/contacts/speed-call-%d", r.url, (at.Nanosecond()/1000+k)%contacts))
				if err != nil || a.StatusCode != http.StatusOK {
					t.Errorf("answered %v %v", a, err)
					continue
				}
				_, _ = io.Copy(io.Discard, a.Body)
				a.Body.Close()
				mu.Lock()
				took = append(took, time.Since(at))
				mu.Unlock()
			}
		})
	}
	tick := time.NewTicker(time.Second / time.Duration(rate))
	for range rate * seconds {
		due <- <-tick.C
	}
	tick.Stop()
	close(due)
	g.Wait()
	slices.Sort(took)
	t.Logf("%d snapshots at %d/s: p50 %v, p99 %v, most %v", len(took), rate, took[len(took)/2], took[len(took)*99/100], took[len(took)-1])
}
