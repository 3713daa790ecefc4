package desk

import (
	"cmp"
	"slices"
	"time"

	"github.com/attune-health/attune/schemas"
)

// Bounds of the live room.
const (
	maxLive = 500
	// A call that nothing was heard of for so long has ended, and nobody has said so.
	callEnds = 4 * time.Hour
)

// liveAnswer is who is on the phone now, by queue.
type liveAnswer struct {
	Queues []queueAnswer `json:"queues"`
	// More says that there are more calls than are listed.
	More bool   `json:"more"`
	Desk Behind `json:"desk"`
}

type queueAnswer struct {
	Queue       string       `json:"queue"`
	Waiting     int          `json:"waiting"`
	Answered    int          `json:"answered"`
	LastResorts int          `json:"last_resorts"`
	LongestMs   int64        `json:"longest_wait_ms"`
	Calls       []liveCaller `json:"calls"`
}

// liveCaller is one call, in one line.
type liveCaller struct {
	ContactRef string        `json:"contact_ref"`
	PersonRef  string        `json:"person_ref"`
	Status     string        `json:"status"`
	SinceMs    int64         `json:"since_ms"`
	Reason     *reasonAnswer `json:"reason"`
	Action     *actionAnswer `json:"action"`
	LastResort bool          `json:"last_resort"`
	Urgent     bool          `json:"urgent"`
	Verify     bool          `json:"verify"`
}

// live lists the calls in progress: the urgent first, then who has waited longest.
func (a *answers) live(behind Behind) (*liveAnswer, error) {
	out := &liveAnswer{Queues: []queueAnswer{}, Desk: behind}
	queues := map[string]*queueAnswer{}
	n := 0
	prefix := []byte{keyLive}
	err := a.store.scan(prefix, func(k, _ []byte) (bool, error) {
		if n++; n > maxLive {
			out.More = true
			return false, nil
		}
		return true, a.liveCall(queues, string(k[1:]))
	})
	if err != nil {
		return nil, err
	}
	for _, q := range queues {
		slices.SortFunc(q.Calls, func(x, y liveCaller) int {
			return cmp.Or(-compareBool(x.Urgent, y.Urgent), -compareBool(x.Status == statusWaiting, y.Status == statusWaiting), cmp.Compare(y.SinceMs, x.SinceMs), cmp.Compare(x.ContactRef, y.ContactRef))
		})
		out.Queues = append(out.Queues, *q)
	}
	slices.SortFunc(out.Queues, func(x, y queueAnswer) int { return cmp.Compare(x.Queue, y.Queue) })
	return out, nil
}

func compareBool(x, y bool) int {
	switch {
	case x == y:
		return 0
	case x:
		return 1
	}
	return -1
}

func (a *answers) liveCall(queues map[string]*queueAnswer, ref string) error {
	var c contact
	ok, err := a.store.load(key(keyContact, ref), &c)
	if err != nil || !ok {
		return err
	}
	now, call := a.now().UnixMilli(), c.call()
	if time.Duration(now-c.Updated)*time.Millisecond > callEnds {
		return nil
	}
	line := liveCaller{ContactRef: ref, PersonRef: c.person(), Status: call.Status, SinceMs: max(0, now-call.Seen)}
	if n := len(c.Decisions); n > 0 {
		var v schemas.NextBestAction
		if _, ok, err := a.store.record(key(keyDecision, c.Decisions[n-1].ID), &v); err != nil {
			return err
		} else if ok {
			a.tellLine(&line, &v)
		}
	}
	q := queues[call.Queue]
	if q == nil {
		q = &queueAnswer{Queue: call.Queue}
		queues[call.Queue] = q
	}
	q.Calls = append(q.Calls, line)
	q.count(&line)
	return nil
}

func (q *queueAnswer) count(line *liveCaller) {
	switch line.Status {
	case statusWaiting:
		q.Waiting++
		q.LongestMs = max(q.LongestMs, line.SinceMs)
	case statusAnswered:
		q.Answered++
	}
	if line.LastResort {
		q.LastResorts++
	}
}

func (a *answers) tellLine(line *liveCaller, v *schemas.NextBestAction) {
	line.LastResort, line.Urgent = v.LastResort, len(v.RedFlags) > 0
	line.Verify = slices.ContainsFunc(v.Facts, func(f schemas.DecisionFact) bool { return f.Code == "identity_conflict" })
	if !v.Cancelled {
		action := a.action(&v.Action)
		line.Action = &action
	}
	if len(v.Reasons) > 0 {
		line.Reason = &reasonAnswer{a.coded(v.Reasons[0].Code), v.Reasons[0].P}
	}
}
