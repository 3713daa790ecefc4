package decide

import (
	"slices"

	"github.com/attune-health/attune/operators/person"
	"github.com/attune-health/attune/schemas"
)

const (
	// An agent has seconds between the ring and the greeting.
	maxSteps = 3 // told in a brief that has little else to tell
	// viewsWithin bounds what was looked at. What was read in the morning is not why somebody calls now.
	viewsWithin = 2 * schemas.Hour
	bounce      = 5 * schemas.Second // a page that was left so soon was not read
)

// step is what somebody did, as often as the same was done.
// Steps are counted and not listed: "tried to log in three times" is one sentence.
type step struct {
	say message
	n   int
	// at is when it was done last.
	at schemas.Millis
	// reason is a number of the taxonomy, or their count for none.
	reason int
	where  schemas.Channel
	// page tells whether two failures are of one form. It is never said.
	page schemas.Protected
}

// failed reports whether a step did not do what the person wanted.
func (s *step) failed() bool { return s.say != sayLooked && s.say != saySearched }

// stepsOf collects what the person did that a brief tells: what failed within a day, and what was
// looked at or searched for within two hours. Oldest first, at most n, failed ones before others and newer
// ones before older.
func (d *Step) stepsOf(j *person.Journey, n int) []step {
	d.steps = d.steps[:0]
	// Failed ones first: viewedSteps looks at them.
	d.failedSteps(j)
	d.viewedSteps(j)
	// Stable, so that steps of one moment stay in order and two runs write the same brief.
	slices.SortStableFunc(d.steps, func(a, b step) int { return int(a.at - b.at) })
	for len(d.steps) > n {
		// The oldest viewed step goes first. Where all have failed, the oldest goes.
		i := slices.IndexFunc(d.steps, func(s step) bool { return !s.failed() })
		d.steps = slices.Delete(d.steps, max(i, 0), max(i, 0)+1)
	}
	return d.steps
}

// failureMessages say that a step failed. A kind that is not listed is a step.
var failureMessages = [schemas.FailureKindCount]message{
	schemas.FailureKindFormError: sayFormFailed, schemas.FailureKindFormAbandoned: sayFormAbandoned, schemas.FailureKindLoginFailed: sayLoginFailed,
	schemas.FailureKindPaymentFailed: sayPaymentFailed, schemas.FailureKindSearchEmpty: saySearchEmpty, schemas.FailureKindChatbotFailed: sayChatbotFailed,
	schemas.FailureKindHandoffRefused: sayHandoffRefused, schemas.FailureKindVideoFailed: sayVideoFailed, schemas.FailureKindRageClick: sayStuck,
	schemas.FailureKindArticleTwice: sayReadAgain,
}

// failureMessage is how a kind of failure is said. A kind of a later build is a step that failed.
func failureMessage(k schemas.FailureKind) message {
	if int(k) < len(failureMessages) && failureMessages[k] != 0 {
		return failureMessages[k]
	}
	return sayStepFailed
}

// failedSteps adds the steps that failed. They come before the viewed ones, which leave out what these tell.
func (d *Step) failedSteps(j *person.Journey) {
	for i := range j.Failed {
		f := &j.Failed[i]
		// The open loop of the message tells it, with its age.
		if f.Kind == schemas.FailureKindMessageUnanswered {
			continue // told with the message
		}
		// One at a time: addStep adds it to the same failures before it.
		s := step{say: failureMessage(f.Kind), n: 1, at: f.At, reason: d.reasonOrNone(d.taxonomy.Index(f.Reason)), where: f.Channel, page: f.Page}
		if s.say == sayFormAbandoned && d.hasFailedForm(f.Page) {
			continue // giving up is how the error ended
		}
		d.addStep(s)
	}
}

// hasFailedForm reports whether an error on a page is told already.
func (d *Step) hasFailedForm(page schemas.Protected) bool {
	return slices.ContainsFunc(d.steps, func(s step) bool { return s.say == sayFormFailed && s.page == page })
}

// addStep counts a step with those that are said alike.
func (d *Step) addStep(s step) {
	for i := range d.steps {
		o := &d.steps[i]
		// Said alike means that sentence, reason and channel are the same. The page does not matter.
		if o.say == s.say && o.reason == s.reason && o.where == s.where {
			// The last time is told: it is what the caller remembers.
			o.n, o.at = o.n+s.n, max(o.at, s.at)
			return
		}
	}
	d.steps = append(d.steps, s)
}

// viewedSteps adds what was looked at or searched for, where it is about a reason that no failed step
// is about.
func (d *Step) viewedSteps(j *person.Journey) {
	next := schemas.Millis(0) // time of the digital step after it
	for walk := j.Recent(); ; {
		r := walk.Next()
		if r == nil || d.now-r.At > viewsWithin {
			return
		}
		if !r.Channel.IsDigital() {
			continue
		}
		// The newest step has none after it, and may still be on the screen.
		left := next != 0 && next-r.At < bounce
		// The walk is newest first: what came after r in time came before it in the walk.
		next = r.At
		say, reason := viewMessage(r), d.viewReason(r)
		// A view without a reason says nothing that could be told: the page is not named.
		if say == messages || reason < 0 || left || d.isToldOf(r, reason) {
			continue
		}
		d.addStep(step{say: say, n: 1, at: r.At, reason: reason, where: r.Channel})
	}
}

// viewMessage says that something was looked at or searched for; messages where it was neither.
func viewMessage(r *schemas.RecentStep) message {
	switch r.Channel {
	case schemas.ChannelWeb:
		switch schemas.WebEvent(r.Event) {
		case schemas.WebEventPageView, schemas.WebEventArticleView:
			return sayLooked
		case schemas.WebEventSearch:
			return saySearched
		}
	case schemas.ChannelApp:
		switch schemas.AppEvent(r.Event) {
		case schemas.AppEventScreenView:
			return sayLooked
		case schemas.AppEventSearch:
			return saySearched
		}
	}
	return messages
}

// viewReason is the reason of what was looked at: the record's, else the page's by the content map, or -1.
func (d *Step) viewReason(r *schemas.RecentStep) int {
	// What the source says of its own page goes before what the site's map says of pages of that name.
	if i := d.taxonomy.Index(r.Reason); i >= 0 {
		return i
	}
	h, _ := d.taxonomy.Hint(r.Page.Reveal())
	return d.taxonomy.Index(h.Reason)
}

// isToldOf reports whether a step that failed is about the same.
func (d *Step) isToldOf(r *schemas.RecentStep, reason int) bool {
	// A step that failed is also among the recent ones, with the same time.
	return slices.ContainsFunc(d.steps, func(s step) bool { return s.failed() && (s.reason == reason || s.at == r.At) })
}

// reasonOrNone maps -1 to the place of the words for no reason.
func (d *Step) reasonOrNone(i int) int {
	if i < 0 {
		return len(d.taxonomy.Reasons)
	}
	return i
}
