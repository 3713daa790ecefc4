package patient

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/attune-health/attune/operators/emit"
	"github.com/attune-health/attune/schemas"
)

// world is what happened: touchpoints of a few patients, and who their identifiers are in the end. What
// is said of it must not depend on the order in which it arrives.
type world struct {
	touches []schemas.Touchpoint // by event time
	parts   []int32
	links   []schemas.IdentityLink
	owner   map[schemas.Identifier]schemas.Identifier // as after the last link
}

const worldPatients = 4

func drawWorld(rnd *rand.Rand, span schemas.Millis, linked bool) *world {
	w := &world{owner: map[schemas.Identifier]schemas.Identifier{}}
	if linked {
		w.drawLinks(rnd)
	}
	at := func() schemas.Millis {
		return t0 + schemas.Millis(rnd.Int64N(int64(span/schemas.Second)))*schemas.Second
	}
	for range 70 {
		w.drawStep(rnd, at(), rnd.IntN(worldPatients))
	}
	for range 30 {
		w.drawCall(rnd, at(), rnd.IntN(worldPatients))
	}
	slices.SortStableFunc(w.touches, func(a, b schemas.Touchpoint) int { return int(a.OccurredAt - b.OccurredAt) })
	for range w.touches {
		w.parts = append(w.parts, int32(rnd.IntN(testSources)))
	}
	return w
}

func worldCookie(i int) schemas.Identifier { return cookie(fmt.Sprintf("visitor-%d", i)) }
func worldPhone(i int) schemas.Identifier  { return phone(fmt.Sprintf("555010%d", i)) }
func worldRecord(i int) schemas.Identifier { return mrn(fmt.Sprintf("record-%d", i)) }

func (w *world) drawLinks(rnd *rand.Rand) {
	for range 12 {
		i := rnd.IntN(worldPatients)
		who, op := worldCookie(i), schemas.LinkOpLink
		if rnd.IntN(2) == 0 {
			who = worldPhone(i)
		}
		subject, isLinked := w.owner[who]
		switch {
		case isLinked && rnd.IntN(2) == 0:
			op = schemas.LinkOpUnlink
			delete(w.owner, who)
		case isLinked:
			continue
		default:
			subject = worldRecord(rnd.IntN(worldPatients))
			if rnd.IntN(4) > 0 {
				subject = worldRecord(i)
			}
			w.owner[who] = subject
		}
		w.links = append(w.links, schemas.IdentityLink{EventID: fmt.Sprintf("l%d", len(w.links)), OccurredAt: t0, Op: op, Identifier: who, Subject: subject})
	}
}

// ownerOf is who an identifier is in the end.
func (w *world) ownerOf(id schemas.Identifier) schemas.Identifier {
	if subject, ok := w.owner[id]; ok {
		return subject
	}
	return id
}

func (w *world) add(t schemas.Touchpoint) {
	t.EventID = fmt.Sprintf("e%d", len(w.touches))
	w.touches = append(w.touches, t)
}

func (w *world) drawStep(rnd *rand.Rand, at schemas.Millis, i int) {
	who := pick(rnd, []schemas.Identifier{worldCookie(i), worldRecord(i), worldPhone(i)})
	reason := pick(rnd, []string{"", "R01", "R03"})
	switch rnd.IntN(6) {
	case 0:
		w.add(appStep("", at, pick(rnd, []schemas.AppEvent{schemas.AppEventChatbotFailed, schemas.AppEventVideoFailed, schemas.AppEventLoginFailed}), "home", reason, who))
	case 1:
		t := webStep("", at, schemas.WebEventSearch, "search", reason, who)
		t.Body.Web.Results = int32(rnd.IntN(2))
		w.add(t)
	case 2: // an article read twice, and leaving after an error, are no failed steps of figures
		w.add(webStep("", at, schemas.WebEventArticleView, "article", reason, who))
		w.add(webStep("", at+schemas.Minute, schemas.WebEventArticleView, "article", reason, who))
	case 3: // what was put right later is still a failed step
		w.add(webStep("", at, schemas.WebEventLoginFailed, "login", reason, who))
		w.add(webStep("", at+schemas.Minute, schemas.WebEventLogin, "login", reason, who))
	case 4:
		w.add(webStep("", at, schemas.WebEventFormError, "form", reason, who))
		w.add(webStep("", at+schemas.Second, schemas.WebEventExit, "form", reason, who))
	default:
		w.add(appStep("", at, schemas.AppEventScreenView, "inbox", reason, who))
	}
}

func (w *world) drawCall(rnd *rand.Rand, at schemas.Millis, i int) {
	contact, ids := fmt.Sprintf("call-%d", len(w.touches)), []schemas.Identifier{worldPhone(i)}
	if w.ownerOf(worldPhone(i)) == worldRecord(i) {
		ids = append(ids, worldRecord(i))
	}
	step := func(after schemas.Millis, e schemas.CallEvent) *schemas.Call {
		w.add(callStep("", at+after, e, contact, pick(rnd, ids)))
		c := &w.touches[len(w.touches)-1].Body.Call
		c.Queue = pick(rnd, []string{"", "main", "billing"})
		n := len(w.touches) * 7
		c.Relation = []string{"", "", "", "parent", "caregiver"}[n%5]
		if said := []string{"", "", "en", "es"}[n%8/2]; said != "" {
			w.touches[len(w.touches)-1].Language = schemas.Some(said)
		}
		return c
	}
	start, hungUp := step(0, schemas.CallEventSelfService), rnd.IntN(4) == 0
	start.Priority = int32(rnd.IntN(2))
	switch rnd.IntN(5) {
	case 0: // failed steps at the edges of the time before it
		w.add(webStep("", at, schemas.WebEventRageClick, "form", "", ids[0]))
	case 1:
		w.add(webStep("", at-24*schemas.Hour, schemas.WebEventRageClick, "form", "", ids[0]))
	}
	step(schemas.Minute, schemas.CallEventQueued)
	if hungUp {
		step(2*schemas.Minute, schemas.CallEventAbandoned).WaitMs = 60_000
	} else {
		step(3*schemas.Minute, schemas.CallEventAnswered).WaitMs = 120_000
		step(9*schemas.Minute, schemas.CallEventEnded).TalkMs = 360_000
	}
	for n := range []int{0, 1, 1, 1, 2}[rnd.IntN(5)] { // none, one, or a correction
		c := step(10*schemas.Minute+schemas.Millis(n)*schemas.Millis(rnd.IntN(90))*schemas.Minute, schemas.CallEventDisposition)
		c.Reason, c.Priority = pick(rnd, []string{"R01", "R03", ""}), int32(rnd.IntN(2))
		c.Queued, c.Abandoned, c.Answered, c.WaitMs, c.TalkMs = rnd.IntN(4) > 0, hungUp, !hungUp, int64(rnd.IntN(90_000)), int64(rnd.IntN(300_000))
	}
}

// figures is what is finally said: of each contact, and in each cell over all partitions.
type figures struct {
	Facts map[string]schemas.ContactFact
	Cells map[aggregateCell]cellFigures
}

type cellFigures struct {
	counted
	Repeats, FailedSteps int64
}

// failsByItself is docs/kpis.md's table of failed steps.
func failsByItself(t *schemas.Touchpoint) bool {
	const always = " form_error form_abandon login_failed payment_failed rage_click chatbot_failed chatbot_handoff_refused video_failed "
	switch t.Channel {
	case schemas.ChannelWeb:
		w := &t.Body.Web
		return strings.Contains(always, " "+w.Event.String()+" ") || w.Event.String() == "search" && w.Results == 0
	case schemas.ChannelApp:
		a := &t.Body.App
		return strings.Contains(always, " "+a.Event.String()+" ") || a.Event.String() == "search" && a.Results == 0
	}
	return false
}

// naive computes the figures from what happened, by docs/kpis.md and without operators.
func (w *world) naive(refs func(schemas.Identifier) string) figures {
	out := figures{map[string]schemas.ContactFact{}, map[aggregateCell]cellFigures{}}
	byContact := map[string][]*schemas.Touchpoint{}
	for i := range w.touches {
		if t := &w.touches[i]; t.Channel == schemas.ChannelCall {
			byContact[t.ContactID.V] = append(byContact[t.ContactID.V], t)
		}
	}
	persons := map[string]schemas.Identifier{}
	for id, list := range byContact {
		slices.SortFunc(list, inOrder)
		persons[id] = w.ownerOf(list[len(list)-1].Identifiers[0])
		f := w.naiveContact(id, list, persons[id])
		f.PersonRef = schemas.PersonRef(refs(persons[id]))
		out.Facts[id] = f
	}
	for id, f := range out.Facts {
		for other, o := range out.Facts {
			if f.Reason == "" || o.Reason != f.Reason || persons[other] != persons[id] || o.StartedAt <= f.StartedAt-7*schemas.Day {
				continue
			}
			if o.StartedAt < f.StartedAt || o.StartedAt == f.StartedAt && other < id {
				f.Repeat, f.PreviousAt = true, max(f.PreviousAt, o.StartedAt)
			}
		}
		out.Facts[id] = f
		out.count(&f)
	}
	return out
}

// inOrder is by event time, then by event id.
func inOrder(a, b *schemas.Touchpoint) int {
	if a.OccurredAt != b.OccurredAt {
		return int(a.OccurredAt - b.OccurredAt)
	}
	return strings.Compare(a.EventID, b.EventID)
}

func (w *world) naiveContact(id string, list []*schemas.Touchpoint, person schemas.Identifier) schemas.ContactFact {
	f := schemas.ContactFact{ContactID: id, Channel: schemas.ChannelCall, StartedAt: list[0].OccurredAt, Final: true}
	var queueAt, languageAt, relationAt schemas.Millis
	f.SelfContained = true
	for _, t := range list {
		c := &t.Body.Call
		if v := t.Language.V; v != "" && (t.OccurredAt > languageAt || v > f.Language) {
			f.Language, languageAt = v, t.OccurredAt
		}
		if v := c.Relation; v != "" && (t.OccurredAt > relationAt || v > f.Relation) {
			f.Relation, relationAt = v, t.OccurredAt
		}
		if c.Queue != "" && (t.OccurredAt > queueAt || c.Queue > f.Queue) { // of two at one time the greater name
			f.Queue, queueAt = c.Queue, t.OccurredAt
		}
		switch c.Event {
		case schemas.CallEventAbandoned, schemas.CallEventEnded:
			f.EndedAt = t.OccurredAt
		case schemas.CallEventDisposition:
			f.Concluded, f.ConcludedAt, f.Reason, f.Priority = true, t.OccurredAt, c.Reason, c.Priority
			f.Queued, f.Abandoned, f.Answered, f.WaitMs, f.TalkMs = c.Queued, c.Queued && c.Abandoned, c.Answered, c.WaitMs, c.TalkMs
			continue
		}
		if f.Concluded {
			continue
		}
		f.Priority, f.WaitMs, f.TalkMs = max(f.Priority, c.Priority), max(f.WaitMs, c.WaitMs), max(f.TalkMs, c.TalkMs)
		f.Queued, f.Abandoned, f.Answered = f.Queued || c.Event == schemas.CallEventQueued || c.Event == schemas.CallEventAbandoned, f.Abandoned || c.Event == schemas.CallEventAbandoned, f.Answered || c.Event == schemas.CallEventAnswered
	}
	var last *schemas.Touchpoint
	for i := range w.touches {
		t := &w.touches[i]
		if w.ownerOf(t.Identifiers[0]) != person || t.OccurredAt > f.StartedAt || t.OccurredAt < f.StartedAt-24*schemas.Hour {
			continue
		}
		reason := t.Body.Web.Reason + t.Body.App.Reason // of which one is empty
		if reason != "" && reason == f.Reason {
			f.DigitalAt = max(f.DigitalAt, t.OccurredAt)
		}
		if !failsByItself(t) || t.OccurredAt == f.StartedAt-24*schemas.Hour {
			continue
		}
		f.LastResort, f.FailedSteps = true, f.FailedSteps+1
		f.Steps = append(f.Steps, schemas.StepBefore{At: t.OccurredAt, Channel: t.Channel, Page: t.Body.Web.Page + t.Body.App.Screen, Reason: reason, EventID: t.EventID})
		if last == nil || inOrder(last, t) < 0 {
			last = t
		}
	}
	if last != nil {
		f.LastFailedEvent, f.LastFailedAt, f.LastFailedChannel = last.EventID, last.OccurredAt, last.Channel
		f.LastFailedReason = last.Channel.Spec().Reason(&last.Body)
	}
	slices.SortFunc(f.Steps, func(a, b schemas.StepBefore) int {
		return cmp.Or(int(a.At-b.At), strings.Compare(a.EventID, b.EventID))
	})
	return f
}

func (f *figures) count(c *schemas.ContactFact) {
	if !c.Concluded {
		return
	}
	k := aggregateCell{aggregate: "contacts", start: c.ConcludedAt - c.ConcludedAt%schemas.Hour, channel: c.Channel, reason: c.Reason, priority: c.Priority}
	v := f.Cells[k]
	v.Touchpoints, v.Contacts = v.Touchpoints+1, v.Contacts+1
	v.Queued, v.Abandoned, v.Answered = v.Queued+int64(b2i(c.Queued)), v.Abandoned+int64(b2i(c.Abandoned)), v.Answered+int64(b2i(c.Answered))
	v.WaitMs += c.WaitMs * int64(b2i(c.Queued))
	v.WaitAnsweredMs, v.TalkMs = v.WaitAnsweredMs+c.WaitMs*int64(b2i(c.Answered)), v.TalkMs+c.TalkMs*int64(b2i(c.Answered))
	v.LastResort, v.Repeats, v.FailedSteps = v.LastResort+int64(b2i(c.LastResort)), v.Repeats+int64(b2i(c.Repeat)), v.FailedSteps+int64(c.FailedSteps)
	f.Cells[k] = v
}

// said reads the figures as a consumer does: the newest revision of each contact, the newest version of
// each cell and partition, summed over partitions.
func (s *site) said() figures {
	s.tb.Helper()
	out := figures{map[string]schemas.ContactFact{}, map[aggregateCell]cellFigures{}}
	byKey := map[[2]string]schemas.ContactFact{}
	for _, r := range s.all(s.config.Emit.Topics.ContactFacts) {
		var v schemas.ContactFact
		if err := schemas.DecodeWhole(&v, r.Value[emit.FrameSize:]); err != nil {
			s.tb.Fatal(err)
		}
		v = v.Clone()
		v.LastFailedKind = 0
		for i := range v.Steps {
			v.Steps[i].Kind = 0
		}
		key := [2]string{v.ContactID, v.ContactKey}
		if old, ok := byKey[key]; ok && (old.Concluded && !v.Concluded || old.Concluded == v.Concluded && old.Revision > v.Revision) {
			continue
		}
		byKey[key] = v
	}
	for _, v := range byKey {
		if v.Withdrawn {
			continue
		}
		if _, twice := out.Facts[v.ContactID]; twice {
			s.tb.Errorf("contact %s is there twice, the second time under %s", v.ContactID, v.ContactKey)
		}
		// Which touchpoint came first gives the contact its key.
		v.Revision, v.ContactKey = 0, ""
		out.Facts[v.ContactID] = v
	}
	newest := map[aggregateCell]schemas.Aggregate{}
	for _, r := range s.all(s.config.Emit.Topics.Aggregates) {
		var v schemas.Aggregate
		if err := schemas.DecodeWhole(&v, r.Value[emit.FrameSize:]); err != nil {
			s.tb.Fatal(err)
		}
		if v.Aggregate == "contacts" {
			newest[aggregateCell{"contacts", v.WindowStart, v.Channel, strings.Clone(v.Reason), v.Priority, v.Partition}] = v
		}
	}
	for k, v := range newest {
		k.partition = 0
		c := out.Cells[k]
		c.Touchpoints, c.Contacts, c.Queued, c.Abandoned, c.Answered = c.Touchpoints+v.Touchpoints, c.Contacts+v.Contacts, c.Queued+v.Queued, c.Abandoned+v.Abandoned, c.Answered+v.Answered
		c.WaitMs, c.WaitAnsweredMs, c.TalkMs = c.WaitMs+v.WaitMs, c.WaitAnsweredMs+v.WaitAnsweredMs, c.TalkMs+v.TalkMs
		c.LastResort, c.Repeats, c.FailedSteps = c.LastResort+v.LastResort, c.Repeats+v.Repeats, c.FailedSteps+v.FailedSteps
		if out.Cells[k] = c; c == (cellFigures{}) {
			delete(out.Cells, k)
		}
	}
	return out
}

// arrivals are the orders in which a world arrives: how far each channel is behind the others, in
// event time. The last is drawn.
var arrivals = []struct {
	name   string
	behind [schemas.ChannelCount]schemas.Millis
}{
	{"in the order of time", [schemas.ChannelCount]schemas.Millis{}},
	{"calls first", [schemas.ChannelCount]schemas.Millis{schemas.ChannelWeb: 1000 * schemas.Day, schemas.ChannelApp: 1000 * schemas.Day}},
	{"calls last", [schemas.ChannelCount]schemas.Millis{schemas.ChannelCall: 1000 * schemas.Day}},
	{"web an hour behind", [schemas.ChannelCount]schemas.Millis{schemas.ChannelWeb: schemas.Hour}},
	{"app half a day behind", [schemas.ChannelCount]schemas.Millis{schemas.ChannelApp: 12 * schemas.Hour}},
	{"as it comes", [schemas.ChannelCount]schemas.Millis{}},
}

// arrive feeds the world in an order: within a source partition touchpoints are in about the order of
// time, over channels they are not, and links come anywhere.
func (w *world) arrive(s *site, rnd *rand.Rand, order int) {
	type due struct {
		i  int
		at schemas.Millis
	}
	var list []due
	drift := [schemas.ChannelCount][testSources]schemas.Millis{}
	if order == len(arrivals)-1 {
		for c := range drift {
			for p := range drift[c] {
				drift[c][p] = schemas.Millis(rnd.IntN(20)) * schemas.Hour
			}
		}
	}
	for i := range w.touches {
		t := &w.touches[i]
		jitter := schemas.Millis(rnd.IntN(240)) * schemas.Second
		list = append(list, due{i, t.OccurredAt + jitter + arrivals[order].behind[t.Channel] + drift[t.Channel][w.parts[i]]})
	}
	slices.SortStableFunc(list, func(a, b due) int { return int(a.at - b.at) })
	links, first := 0, rnd.IntN(3) == 0
	for n, d := range list {
		for links < len(w.links) && (first || rnd.IntN(len(list)-n) < 2*(len(w.links)-links)) {
			l := &w.links[links]
			s.link(l.Op, l.EventID, l.OccurredAt, l.Identifier, l.Subject)
			links++
		}
		s.touch(w.touches[d.i], w.parts[d.i])
		for range rnd.IntN(8) {
			s.shake(rnd)
		}
	}
	for ; links < len(w.links); links++ {
		l := &w.links[links]
		s.link(l.Op, l.EventID, l.OccurredAt, l.Identifier, l.Subject)
	}
	s.quiet()
	s.end(3 * schemas.Hour)
}

// TestI16WhateverArrivesWhenThenTheFiguresAreThoseOfWhatHappened feeds one world in many orders, with
// moves, kills and tasks that lag behind each other, and compares what is finally said of contacts and in
// cells with a computation from the touchpoints and the last links.
func TestI16WhateverArrivesWhenThenTheFiguresAreThoseOfWhatHappened(t *testing.T) {
	// in 175 and 218 a contact is parted and put together again; in 64 one part has two dispositions and no beginning
	worlds := []uint64{0, 64, 175, 218, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}
	if testing.Short() {
		worlds = worlds[:4]
	}
	lastResorts, repeats, revised := 0, 0, 0
	for _, seed := range worlds {
		for order := range arrivals {
			span, linked := 30*schemas.Hour, seed%3 > 0
			if seed%3 == 0 {
				span = 60 * schemas.Day
			}
			w := drawWorld(rand.New(rand.NewPCG(seed, 3)), span, linked)
			s := newWholeSite(t)
			s.topology.UnderWay = 30_000 // a touchpoint may be held while days pass
			s.net = newNet(t, s.topology, s.parts)
			w.arrive(s, rand.New(rand.NewPCG(seed, uint64(order))), order)
			if late := s.rejected(s.config.Emit.Topics.Late); len(late) > 0 {
				t.Fatalf("seed %d, %s: %d touchpoints are late: the test is about those in time", seed, arrivals[order].name, len(late))
			}
			for id, list := range s.rejected(s.config.Emit.Topics.Rejected) {
				t.Fatalf("seed %d, %s: %s is rejected as %s: the test is about accepted touchpoints", seed, arrivals[order].name, id, list[0].Reason)
			}
			want := w.naive(s.owner)
			if d := gocmp.Diff(want, s.said(), gocmp.AllowUnexported(aggregateCell{}, cellFigures{}), cmpopts.EquateEmpty()); d != "" {
				t.Errorf("seed %d, %s: -want +got\n%s", seed, arrivals[order].name, d)
			}
			for _, f := range want.Facts {
				lastResorts, repeats = lastResorts+b2i(f.LastResort), repeats+b2i(f.Repeat)
			}
			revised += len(s.all(s.config.Emit.Topics.ContactFacts)) - 2*len(want.Facts)
		}
	}
	if n := len(worlds); lastResorts < 20*n || repeats < 10*n || revised < 20*n {
		t.Errorf("%d last resorts, %d repeats, %d revisions: too little was tested", lastResorts, repeats, revised)
	}
}
