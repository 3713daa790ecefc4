package pipeline

import (
	"errors"
	"fmt"
)

// Kind says what an error means for the task that met it.
type Kind uint8

const (
	// KindInvalid: the record or its decoding is bad; it goes to the side output, the task goes on.
	KindInvalid Kind = iota + 1
	// KindTransient: worth a retry with backoff, in the source or sink that met it.
	KindTransient
	// KindFenced: the partition or the producer belongs to another now; the task ends quietly.
	KindFenced
	// KindCorrupt: what was stored is not what was written; stop and keep the evidence.
	KindCorrupt
)

func (k Kind) String() string {
	switch k {
	case KindInvalid:
		return "invalid"
	case KindTransient:
		return "transient"
	case KindFenced:
		return "fenced"
	case KindCorrupt:
		return "corrupt"
	}
	return "unknown"
}

// Error is an error with its kind. Reason is a constant code fit for a metric label; it never
// holds patient data.
type Error struct {
	Kind   Kind
	Reason string
	Err    error
}

func (e *Error) Error() string {
	if e.Err == nil {
		return e.Reason
	}
	return e.Reason + ": " + e.Err.Error()
}

func (e *Error) Unwrap() error { return e.Err }

// Reasons of KindFenced: the transactional id was taken by another producer, or the group has gone
// on without this member.
const (
	ReasonProducerFenced   = "producer-fenced"
	ReasonGenerationFenced = "generation-fenced"
)

// Invalid returns an error of KindInvalid.
func Invalid(reason string, err error) error { return &Error{KindInvalid, reason, err} }

// Fenced returns an error of KindFenced.
func Fenced(reason string, err error) error { return &Error{KindFenced, reason, err} }

// Transient returns an error of KindTransient.
func Transient(reason string, err error) error { return &Error{KindTransient, reason, err} }

// Corruptf returns an error of KindCorrupt.
func Corruptf(format string, args ...any) error {
	return &Error{KindCorrupt, "corrupt", fmt.Errorf(format, args...)}
}

// KindOf returns the kind of err, or 0 where it has none.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return 0
}

// reasonOf returns the reason code of err.
func reasonOf(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Reason
	}
	return "unknown"
}
