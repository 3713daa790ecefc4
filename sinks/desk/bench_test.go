package desk

import (
	"fmt"
	"testing"
	"time"

	"github.com/attune-health/attune/schemas"
)

// BenchmarkCatchingUp reads a history: for each call forty pages, a persona, a prediction and two decisions.
func BenchmarkCatchingUp(b *testing.B) {
	l := newLog()
	n := 0
	for i := range 500 {
		p := fmt.Sprintf("person%d", i)
		for k := range 40 {
			l.step(p, "shard-"+p, 0, &schemas.Touchpoint{EventID: fmt.Sprintf("web/%d/%d", i, k), OccurredAt: schemas.MillisOf(began.Add(time.Duration(k) * time.Second)), Channel: schemas.ChannelWeb,
				Body: schemas.TouchpointBody{Kind: schemas.TouchpointBodyWeb, Web: schemas.Web{Event: schemas.WebEventFormError, Page: "refill/form", Reason: "R03"}}})
		}
		l.step(p, "shard-"+p, 0, callStep("cc/"+p, "call-"+p, schemas.CallEventQueued, 60))
		l.put(schemas.TopicPersonas, "Persona", p, &schemas.Persona{PersonRef: schemas.PersonRef(p), Language: "es"})
		l.decide(decision("d1-"+p, p, "call-"+p))
		l.decide(decision("d2-"+p, p, "call-"+p))
		n += 44
	}
	for b.Loop() {
		s := openTest(b, b.TempDir())
		f := newFeeder(b, l, s)
		f.all()
		closeTest(b, s)
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/float64(n), "us/record")
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
