package evaluate

import (
	"math"
	"strings"

	"github.com/attune-health/attune/schemas"
)

// scores is what one model is scored by, and what has to be remembered for it.
type scores struct {
	taxonomy *schemas.Taxonomy
	from     schemas.Millis
	// waiting are predictions at the start of contacts whose reason is not known yet, by id.
	waiting map[string]*start
	people  map[schemas.PersonRef]*human
	usual   []float64
	// model is of the scored contacts, first of those of persons without a history; floors are of the scored.
	model, first metrics
	floors       [floorCount]metrics
	cohorts      map[string]*metrics
	// truth, if not nil, says which contacts are scored: those of which it has the posterior. attainable is what
	// the posterior scores at them.
	truth      *Truth
	attainable metrics
	// labels is how many have been learned since from, halved the contact of the last where that was half of one.
	labels   int
	halved   string
	lead     leads
	horizons [len(horizonNames)]horizon
	// foreseen are moments of the truth, bestHorizons what the posterior scores at them.
	foreseen     []foreseen
	bestHorizons [len(horizonNames)]horizon
}

// start is a prediction at the start of a contact.
type start struct {
	person schemas.PersonRef
	p      []float64
	floors [floorCount][]float64
	last   int
	before int
	// What was published last before the contact, and since when; 0 where nothing was.
	topBefore int
	topSince  schemas.Millis
	// best is the posterior, nil where none is known. labels is how many had been learned since the scored day.
	best   *Posterior
	labels int
}

// human is what floors know of a person.
type human struct {
	last   int
	n      int
	counts []float64
	// follows are counts of what followed each reason.
	follows map[int][]float64
	// top and since are of the newest prediction before a contact.
	top     int
	since   schemas.Millis
	moments []moment
}

const (
	floorMajority = iota
	floorLast
	floorMode
	floorMarkov
	floorCount
)

var floorNames = [floorCount]string{"majority", "last", "mode", "markov"}

func newScores(t *schemas.Taxonomy, from schemas.Millis) *scores {
	n := len(t.Reasons)
	s := &scores{taxonomy: t, from: from, waiting: map[string]*start{}, people: map[schemas.PersonRef]*human{}, usual: make([]float64, n), cohorts: map[string]*metrics{}}
	s.model, s.first, s.attainable = newMetrics(n), newMetrics(n), newMetrics(n)
	for f := range s.floors {
		s.floors[f] = newMetrics(n)
	}
	return s
}

func (s *scores) human(ref schemas.PersonRef) *human {
	h := s.people[ref]
	if h == nil {
		h = &human{last: -1, top: -1}
		s.people[ref] = h
	}
	return h
}

// predicted takes a published prediction: that of a contact's start waits for its label.
func (s *scores) predicted(p *schemas.Prediction) {
	ref := schemas.PersonRef(string([]byte(p.PersonRef)))
	h := s.human(ref)
	if p.Phase != schemas.PredictionPhaseContactStart {
		s.before(h, p)
		return
	}
	x := &start{person: ref, p: make([]float64, len(s.taxonomy.Reasons)), last: h.last, before: h.n, topBefore: h.top, topSince: h.since, labels: s.labels}
	if s.truth != nil {
		x.best = s.truth.OfContact(p.ContactRef.V)
	}
	for i := range p.Reasons {
		if r := s.taxonomy.Index(p.Reasons[i].Code); r >= 0 {
			x.p[r] = p.Reasons[i].P
		}
	}
	for f := range x.floors {
		x.floors[f] = s.floor(f, h)
	}
	s.cameAt(h, p.AsOf)
	s.waiting[string([]byte(p.PredictionID))] = x
}

// before takes a prediction outside the start of a contact.
func (s *scores) before(h *human, p *schemas.Prediction) {
	top := s.taxonomy.Index(p.Reasons[0].Code)
	if top != h.top {
		h.top, h.since = top, p.AsOf
	}
	s.foresee(p)
	// Within a contact the next one is certain, and no moment.
	if p.P7d < 1 {
		s.settleMoments(h, p.AsOf)
		h.moments = append(h.moments, moment{p.AsOf, [4]float64{p.P15m, p.P2h, p.P24h, p.P7d}})
	}
}

// label takes an example: the reason of a contact has become known.
func (s *scores) label(x *schemas.TrainingExample) {
	r := s.taxonomy.Index(x.Reason)
	if x.ExposureBand >= 0 || r < 0 {
		return
	}
	// The other reason of a contact that had two is learned, and scored no more: figures count a contact once.
	if x.Weight < 1 && x.ContactKey != "" && x.ContactKey == s.halved {
		s.halved = ""
		return
	}
	if s.halved = ""; x.Weight < 1 {
		s.halved = strings.Clone(x.ContactKey)
	}
	ref := schemas.PersonRef(string([]byte(x.PersonRef)))
	if w := s.waiting[x.PredictionID]; w != nil {
		if x.PredictedAt >= s.from {
			s.score(w, x, r)
		}
		delete(s.waiting, x.PredictionID)
	}
	s.count(s.human(ref), r)
	if x.LabelledAt >= s.from {
		s.labels++
	}
}

func (s *scores) score(w *start, x *schemas.TrainingExample, r int) {
	top := s.taxonomy.Index(x.Predicted)
	if w.last < 0 {
		s.first.add(w.p, top, r, w.last)
		s.first.learned(w.p, top, r, w.labels)
	}
	if s.truth == nil && w.last < 0 || s.truth != nil && w.best == nil {
		return
	}
	s.model.add(w.p, top, r, w.last)
	s.model.learned(w.p, top, r, w.labels)
	for f := range w.floors {
		s.floors[f].add(w.floors[f], largest(w.floors[f]), r, w.last)
	}
	if s.truth != nil {
		top := largest(w.best.Reasons)
		s.attainable.add(w.best.Reasons, top, r, w.last)
		s.attainable.learned(w.best.Reasons, top, r, w.labels)
	}
	s.cohort(cohortOf(w.before)).add(w.p, top, r, w.last)
	s.lead.add(w, x.PredictedAt, r)
}

func (s *scores) cohort(name string) *metrics {
	c := s.cohorts[name]
	if c == nil {
		c = new(metrics)
		*c = newMetrics(len(s.taxonomy.Reasons))
		s.cohorts[name] = c
	}
	return c
}

// cohortOf is by how much is known of the person.
func cohortOf(before int) string {
	switch {
	case before == 0:
		return "contacts before: none"
	case before < 2:
		return "contacts before: 1"
	case before < 5:
		return "contacts before: 2 to 4"
	case before < 20:
		return "contacts before: 5 to 19"
	}
	return "contacts before: 20 and more"
}

// count lets the floors learn a label.
func (s *scores) count(h *human, r int) {
	n := len(s.taxonomy.Reasons)
	s.usual[r]++
	if h.counts == nil {
		h.counts, h.follows = make([]float64, n), map[int][]float64{}
	}
	h.counts[r]++
	if h.last >= 0 {
		if h.follows[h.last] == nil {
			h.follows[h.last] = make([]float64, n)
		}
		h.follows[h.last][r]++
	}
	h.last, h.n = r, h.n+1
}

// floor is the distribution of a floor for a person. Each but the first is smoothed by the one before.
func (s *scores) floor(f int, h *human) []float64 {
	n := len(s.taxonomy.Reasons)
	usual := mixed(s.usual, flat(n), float64(n)/10)
	if f == floorMajority || h.n == 0 {
		return usual
	}
	if f == floorLast {
		last := make([]float64, n)
		last[h.last] = 1
		return mixed(last, usual, 0.1)
	}
	mode := mixed(h.counts, usual, 0.5)
	if f == floorMode || h.follows[h.last] == nil {
		return mode
	}
	return mixed(h.follows[h.last], mode, 0.5)
}

func flat(n int) []float64 {
	p := make([]float64, n)
	for i := range p {
		p[i] = 1 / float64(n)
	}
	return p
}

// mixed are the shares of counts, to which so much of a prior is added.
func mixed(counts, prior []float64, weight float64) []float64 {
	p, sum := make([]float64, len(prior)), weight
	for i := range prior {
		p[i] = weight * prior[i]
		if counts != nil {
			p[i] += counts[i]
			sum += counts[i]
		}
	}
	for i := range p {
		p[i] /= sum
	}
	return p
}

func largest(p []float64) int {
	top := 0
	for i, x := range p {
		if x > p[top] {
			top = i
		}
	}
	return top
}

// leads are how long before contacts their reasons were known.
type leads struct {
	contacts, attempted, foreseen int
	minutes                       []float64
}

// leadWithin is how long before a contact a prediction counts as one of it.
const leadWithin = schemas.Day

func (l *leads) add(w *start, at schemas.Millis, label int) {
	l.contacts++
	if w.topSince == 0 || at-w.topSince > leadWithin {
		return
	}
	l.attempted++
	if w.topBefore == label {
		l.foreseen++
		l.minutes = append(l.minutes, float64(at-w.topSince)/float64(schemas.Minute))
	}
}

// moment is a prediction of whether a contact comes.
type moment struct {
	at schemas.Millis
	p  [4]float64
}

var horizonNames = [4]string{"15m", "2h", "24h", "7d"}

var horizonTimes = [4]schemas.Millis{15 * schemas.Minute, 2 * schemas.Hour, schemas.Day, 7 * schemas.Day}

// cameAt says that a contact has begun: every open moment of the person is settled.
func (s *scores) cameAt(h *human, at schemas.Millis) {
	for _, m := range h.moments {
		if m.at < s.from {
			continue
		}
		for i := range horizonTimes {
			s.horizons[i].add(m.p[i], at-m.at <= horizonTimes[i])
		}
	}
	h.moments = h.moments[:0]
}

// settleMoments settles those whose longest horizon has passed.
func (s *scores) settleMoments(h *human, now schemas.Millis) {
	kept := h.moments[:0]
	for _, m := range h.moments {
		if now-m.at <= 7*schemas.Day {
			kept = append(kept, m)
			continue
		}
		for i := range horizonTimes {
			if m.at >= s.from {
				s.horizons[i].add(m.p[i], false)
			}
		}
	}
	h.moments = kept
}

// end settles what is left, as far as the log reaches.
func (s *scores) end(now schemas.Millis) {
	for _, h := range s.people {
		for _, m := range h.moments {
			for i := range horizonTimes {
				if m.at >= s.from && m.at+horizonTimes[i] <= now {
					s.horizons[i].add(m.p[i], false)
				}
			}
		}
	}
	if s.truth != nil {
		s.judgeForesight(now)
	}
}

// logLoss is bounded, so that one impossible label does not hide all others.
func logLoss(p float64) float64 { return -math.Log(max(p, 1e-6)) }
