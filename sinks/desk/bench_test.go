package desk

import (
	"fmt"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/attune-health/attune/schemas"
)

// history is for each call forty pages, each with the prediction that it causes, a persona, and two decisions.
func history(calls int) (l *testLog, records int) {
	l = newLog()
	for i := range calls {
		p := fmt.Sprintf("person%d", i)
		for k := range 40 {
			l.step(p, "shard-"+p, 0, &schemas.Touchpoint{EventID: fmt.Sprintf("web/%d/%d", i, k), OccurredAt: schemas.MillisOf(began.Add(time.Duration(k) * time.Second)), Channel: schemas.ChannelWeb,
				Body: schemas.TouchpointBody{Kind: schemas.TouchpointBodyWeb, Web: schemas.Web{Event: schemas.WebEventFormError, Page: "refill/form", Reason: "R03"}}})
			l.put(schemas.TopicPersonas, "Persona", p, &schemas.Persona{PersonRef: schemas.PersonRef(p), Language: "es"})
		}
		l.step(p, "shard-"+p, 0, callStep("cc/"+p, "call-"+p, schemas.CallEventQueued, 60))
		l.put(schemas.TopicPredictions, "Prediction", p, &schemas.Prediction{PersonRef: schemas.PersonRef(p), ContactRef: schemas.Some("call-" + p)})
		l.decide(decision("d1-"+p, p, "call-"+p))
		l.decide(decision("d2-"+p, p, "call-"+p))
		records += 84
	}
	return l, records
}

// BenchmarkCatchingUp reads a history as fast as it can.
func BenchmarkCatchingUp(b *testing.B) { benchmarkReading(b, 1000) }

// BenchmarkFollowing reads it as it comes while a desk is up to date: a few records of a partition at a time.
func BenchmarkFollowing(b *testing.B) { benchmarkReading(b, 8) }

func benchmarkReading(b *testing.B, some int) {
	l, n := history(1500)
	before := cpu()
	for b.Loop() {
		s, err := OpenStore(b.TempDir(), "log", 64<<20)
		if err != nil {
			b.Fatal(err)
		}
		f := newFeeder(b, l, s)
		for more := true; more; {
			more = false
			for _, tp := range l.places() {
				more = f.some(tp, some, true) || more
			}
		}
		closeTest(b, s)
	}
	b.ReportMetric(float64((cpu()-before).Nanoseconds())/1000/float64(b.N)/float64(n), "cpu-us/record")
}

// cpu is what this process has used of all cores: Pebble compacts on others.
func cpu() time.Duration {
	var u unix.Rusage
	_ = unix.Getrusage(unix.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkSnapshot is one snapshot, without the record of its read.
func BenchmarkSnapshot(b *testing.B) {
	l := newLog()
	for i := range 2000 {
		p := fmt.Sprintf("person%d", i)
		l.step(p, "shard-"+p, 0, callStep("cc/"+p, "call-"+p, schemas.CallEventQueued, 60))
		l.put(schemas.TopicPersonas, "Persona", p, &schemas.Persona{PersonRef: schemas.PersonRef(p), Language: "es"})
		for k := range 4 {
			l.decide(decision(fmt.Sprintf("d%d-%s", k, p), p, "call-"+p))
		}
	}
	s := openTest(b, b.TempDir())
	defer closeTest(b, s)
	newFeeder(b, l, s).all()
	a := &answers{store: s, words: siteWords(b), now: time.Now}
	i := 0
	for b.Loop() {
		if v, err := a.contact(fmt.Sprintf("call-person%d", i%2000), Behind{}); err != nil || v.Decision == nil {
			b.Fatal(err)
		}
		i += 7
	}
}
