package observe

import (
	"slices"

	"github.com/attune-health/attune/operators/person"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// Sessionize puts a patient's own touchpoints into sessions: runs without a gap of event time longer
// than the configured one, per shard. A touchpoint out of order may join two sessions that are still
// open; the watermark closes them.
//
//	──x─x──x────────x──x───────   two sessions
//	──x─x──x────x───x──x───────   one
type Sessionize struct {
	// Gap is the time without a touchpoint that ends a session, in milliseconds.
	Gap schemas.Millis
	// Timers close sessions by the watermark.
	Timers *person.ShardTimers
}

// maxSessions is how many are open of a shard at a time. More than one is open only where touchpoints come
// out of order, or the watermark stands still.
const maxSessions = 8

// Process puts the touchpoint into a session. A fact of the health record is nobody's visit. The pointer in
// the journey is valid during the step: sessions move in their list.
func (s *Sessionize) Process(ctx *pipeline.Context, j *person.Journey) error {
	if j.Touchpoint == nil || !j.Touchpoint.Channel.IsByPatient() {
		return nil
	}
	at := j.Touchpoint.OccurredAt
	i := joinSession(j.Shard, at, s.Gap)
	j.Session = &j.Shard.Sessions[i]
	s.Timers.Set(ctx, person.TimerSession, j.Own(), j.Session.Last+s.Gap)
	return nil
}

// joinSession adds a touchpoint to the session within whose gap it falls, joining it with the next one if
// it closes the gap between them, and returns the session's index. Sessions are in the order of time, more
// than a gap apart.
func joinSession(st *schemas.ShardState, at, gap schemas.Millis) int {
	// From the newest backward, as nearly all touchpoints belong to it.
	i := len(st.Sessions)
	for i > 0 && at < st.Sessions[i-1].Last+gap {
		i--
	}
	// i is the first session that is not over a gap before the touchpoint. If it begins a gap after it, or
	// there is none, the touchpoint is a session of its own.
	if i == len(st.Sessions) || at+gap <= st.Sessions[i].Start {
		return addSession(st, i, at)
	}
	// The session may now reach the next one, but never the one after: those are more than a gap apart.
	o := &st.Sessions[i]
	o.Start, o.Last = min(o.Start, at), max(o.Last, at)
	o.Touchpoints++
	if i+1 < len(st.Sessions) && st.Sessions[i+1].Start < o.Last+gap {
		next := &st.Sessions[i+1]
		o.Last, o.Touchpoints, o.Failed = next.Last, o.Touchpoints+next.Touchpoints, o.Failed+next.Failed
		st.Sessions = slices.Delete(st.Sessions, i+1, i+2)
	}
	return i
}

// addSession opens a session at i. Where the watermark stands still (a recorded log of one channel), it is
// the newer ones that close the oldest. A touchpoint that is older than all of a full list closes the
// oldest, and takes its place.
func addSession(st *schemas.ShardState, i int, at schemas.Millis) int {
	if len(st.Sessions) == maxSessions {
		st.SessionsClosed++
		if i == 0 {
			st.Sessions[0] = schemas.OpenSession{Start: at, Last: at, Touchpoints: 1}
			return 0
		}
		st.Sessions = slices.Delete(st.Sessions, 0, 1)
		i--
	}
	st.Sessions = slices.Insert(st.Sessions, i, schemas.OpenSession{Start: at, Last: at, Touchpoints: 1})
	return i
}

// CloseSessions counts and drops the sessions that ended by now. The sum of closed and open ones does not
// change by it, which is what a persona tells.
func CloseSessions(st *schemas.ShardState, now, gap schemas.Millis) {
	open := st.Sessions[:0]
	for _, o := range st.Sessions {
		if o.Last+gap <= now {
			st.SessionsClosed++
			continue
		}
		open = append(open, o)
	}
	st.Sessions = open
}
