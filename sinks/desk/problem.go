package desk

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"
)

// problem is an error as RFC 9457 has it. Its detail says what to do, and holds nothing that the caller has sent.
type problem struct {
	// Type names the kind of problem; docs/desk.md lists them.
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
	// Desk is how far behind the desk is, where that may be why.
	Desk *Behind `json:"desk,omitempty"`

	cause error
	// retry is when to ask again, for Retry-After.
	retry time.Duration
}

func (p *problem) Error() string { return p.Title }
func (p *problem) Unwrap() error { return p.cause }

func newProblem(status int, kind, title, detail string) *problem {
	return &problem{Type: "https://attune.health/problems/" + kind, Title: title, Status: status, Detail: detail}
}

func badRequest(detail string) error {
	return newProblem(http.StatusBadRequest, "bad-request", "The request cannot be understood.", detail)
}

func notFound(what, detail string) error {
	return newProblem(http.StatusNotFound, "not-found", "There is no such "+what+".", detail)
}

func unavailable(kind, title, detail string, cause error) error {
	p := newProblem(http.StatusServiceUnavailable, kind, title, detail)
	p.cause, p.retry = cause, time.Second
	return p
}

// unwritten is that the broker did not take a record. Where it has not answered since the desk started that is said at once.
func unwritten(kind, title, detail string, cause error) error {
	if errors.Is(cause, errNoBroker) {
		p := newProblem(http.StatusServiceUnavailable, "no-broker", "The desk has no connection to Kafka.", "Nothing can be written down, and nothing of it is kept here: "+
			"ask another desk, or again once desk.current is true (GET /v1/health). Who runs it looks at the brokers; the desk goes on by itself when they answer.")
		p.cause, p.retry = cause, 5*time.Second
		return p
	}
	return unavailable(kind, title, detail, cause)
}

// problemOf is the problem that an error is told as.
func problemOf(err error) *problem {
	var p *problem
	if errors.As(err, &p) {
		return p
	}
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return newProblem(http.StatusRequestEntityTooLarge, "too-large", "The request is too large.", "Send at most 64 KiB.")
	}
	return newProblem(http.StatusInternalServerError, "internal", "The desk could not answer.", "Try again; if it stays so, look at the desk's log and at /readyz.")
}

func writeProblem(w http.ResponseWriter, p *problem) {
	if p.Status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="attune desk"`)
	}
	if p.retry > 0 {
		w.Header().Set("Retry-After", retryAfter(p.retry))
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p)
}
