package demo

import (
	"strings"
	"sync"
	"time"

	"github.com/attune-health/attune/benchmarks/world"
	"github.com/attune-health/attune/internal/evaluate"
	"github.com/attune-health/attune/schemas"
)

// foresight scores what was said at the first touchpoint of each contact, once its reason is known, beside
// what was attainable there. Sources and the watcher write it from their own goroutines.
type foresight struct {
	mu       sync.Mutex
	taxonomy *schemas.Taxonomy
	score    *evaluate.Live
	// Contacts that begin earlier are learned and not scored.
	from schemas.Millis
	// By the contact center's id, from the first touchpoint to the reason.
	contacts map[string]*contact
	people   map[schemas.PersonRef]named
	// The world says what was attainable: a contact of which it does not, such as one that began before, is not
	// scored, so that both are of the same contacts.
	judges bool
	// Reasons that models could learn from, the history's among them.
	learned int
}

// contact is what is known of a contact so far. What comes from the source and from several topics comes in
// any order.
type contact struct {
	sent     time.Time
	answered schemas.Millis
	best     []float64
	// What was said, since when that reason was named, and how long the word took to come.
	said    []float64
	began   schemas.Millis
	before  named
	latency time.Duration
	// The reason, once known.
	labelled                 bool
	reason, named, commonest int
}

// named is the reason named last of a person, and since when.
type named struct {
	reason int
	since  schemas.Millis
}

const (
	// foreseenWithin is how long before a contact a prediction counts as one of it.
	foreseenWithin = schemas.Day
	// contactsKept bounds those whose reason never comes.
	contactsKept = 100_000
)

func newForesight(t *schemas.Taxonomy, from schemas.Millis) *foresight {
	return &foresight{taxonomy: t, from: from, score: evaluate.NewLive(t), contacts: map[string]*contact{}, people: map[schemas.PersonRef]named{}}
}

func (f *foresight) contact(id string) *contact {
	c := f.contacts[id]
	if c == nil {
		if len(f.contacts) >= contactsKept {
			clear(f.contacts)
		}
		c = &contact{}
		f.contacts[strings.Clone(id)] = c
	}
	return c
}

// judged notes what was attainable at the first touchpoint of a contact.
func (f *foresight) judged(m *world.Moment) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.judges = true
	f.contact(m.Contact).best = append([]float64(nil), m.Reasons[:]...)
}

// sent notes a touchpoint of a contact that is about to be sent.
func (f *foresight) sent(t *schemas.Touchpoint, now time.Time) {
	if !t.ContactID.OK || t.Body.Kind != schemas.TouchpointBodyCall || t.OccurredAt < f.from {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	switch c := f.contact(t.ContactID.V); {
	case c.sent.IsZero():
		c.sent = now
	case t.Body.Call.Event == schemas.CallEventAnswered && c.answered == 0:
		c.answered = t.OccurredAt
	}
}

// predicted notes a prediction that a consumer has read.
func (f *foresight) predicted(p *schemas.Prediction, now time.Time) {
	if len(p.Reasons) == 0 {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	last, top := f.people[p.PersonRef], f.taxonomy.Index(p.Reasons[0].Code)
	if p.Phase != schemas.PredictionPhaseContactStart {
		if last.since == 0 || top != last.reason {
			f.people[schemas.PersonRef(strings.Clone(string(p.PersonRef)))] = named{top, p.AsOf}
		}
		return
	}
	if p.AsOf < f.from || !p.ContactRef.OK {
		return
	}
	c := f.contact(p.ContactRef.V)
	c.said, c.began, c.before = make([]float64, len(f.taxonomy.Reasons)), p.AsOf, last
	for i := range p.Reasons {
		if r := f.taxonomy.Index(p.Reasons[i].Code); r >= 0 {
			c.said[r] = p.Reasons[i].P
		}
	}
	if !c.sent.IsZero() {
		c.latency = now.Sub(c.sent)
	}
	f.settle(p.ContactRef.V, c)
}

// label notes the reason of a contact.
func (f *foresight) label(x *schemas.TrainingExample) {
	if x.ExposureBand >= 0 || !x.ContactRef.OK {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.learned++
	reason := f.taxonomy.Index(x.Reason)
	if x.PredictedAt < f.from || reason < 0 || x.Predicted == "" {
		delete(f.contacts, x.ContactRef.V)
		return
	}
	c := f.contact(x.ContactRef.V)
	c.labelled, c.reason, c.named, c.commonest = true, reason, f.taxonomy.Index(x.Predicted), f.taxonomy.Index(x.Commonest)
	f.settle(x.ContactRef.V, c)
}

// settle scores a contact of which both is known, what was said and the reason.
func (f *foresight) settle(id string, c *contact) {
	if !c.labelled || c.said == nil {
		return
	}
	if f.judges && c.best == nil {
		delete(f.contacts, id)
		return
	}
	x := evaluate.Contact{P: c.said, Best: c.best, Named: c.named, Commonest: c.commonest, Reason: c.reason, Connected: c.answered > 0}
	if x.Connected && c.named == c.reason {
		since := c.began
		if c.before.reason == c.reason && c.began-c.before.since <= foreseenWithin {
			since = c.before.since
		}
		// Time-lapse shortens a caller's wait and not the way of a prediction, which is added as it is.
		x.Lead = c.answered.Sub(since) - c.latency
		x.Known = x.Lead > 0
	}
	f.score.Add(&x)
	delete(f.contacts, id)
}

// scores are those so far, and of how many reasons models could learn.
func (f *foresight) scores() (evaluate.Score, int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.score.Score(), f.learned
}

// report writes a page into a folder.
func (f *foresight) report(folder, about string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.score.Report(folder, "attune demo", about)
}
