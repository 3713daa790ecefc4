package desk

import (
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// maxLimited is how many callers are told apart; one who has not asked in a while begins anew.
const maxLimited = 10_000

// limits bound how often one caller may ask: a script that has gone wild must not keep the desk from agents.
type limits struct {
	perSecond rate.Limit

	mu      sync.Mutex
	callers recent[*rate.Limiter]
}

func newLimits(perSecond int) *limits {
	return &limits{perSecond: rate.Limit(perSecond), callers: recent[*rate.Limiter]{most: maxLimited}}
}

// allow is nil, or says when to ask again.
func (l *limits) allow(c *caller, now time.Time) error {
	r := l.of(c.name).ReserveN(now, 1)
	wait := r.DelayFrom(now)
	if wait == 0 {
		return nil
	}
	r.CancelAt(now)
	p := newProblem(http.StatusTooManyRequests, "too-many", "This token asks too often.", "Wait as Retry-After says; desk.requests_per_second is how often one token may ask.")
	p.retry = wait
	return p
}

func (l *limits) of(name string) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	limiter, known := l.callers.get(name)
	if !known {
		limiter = rate.NewLimiter(l.perSecond, int(l.perSecond))
		l.callers.put(name, limiter)
	}
	return limiter
}

// retryAfter is a pause in the whole seconds of the header.
func retryAfter(d time.Duration) string { return strconv.Itoa(int(math.Ceil(d.Seconds()))) }
