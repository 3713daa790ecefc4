package pipeline

import "fmt"

// Kind says what an error means for the task that met it. Kinds are in the order of how serious they are.
//
//	kind       who acts on it                       what they do
//	Invalid    the task, in Process                 hands the record to the FailureHandler, goes on
//	           LiveTable.Apply                      counts the record, passes over it
//	Transient  the worker, after a commit or fetch  restores its tasks, with backoff
//	           restorer, tables, standbys, sinks    try again, with backoff
//	Fenced     the worker                           restores its tasks, once its generation has ended;
//	                                                fenced too often, it ends the runner
//	Refused    the runner                           ends: the same would be refused again
//	Corrupt    the runner                           ends, nothing is written any more
//	none       the worker, after a commit           as Transient
//
// Whatever its kind, an error that Task.Step returns ends the runner: a task cannot leave out a timer or a
// commit. A step over a record returns one of KindInvalid only where there is no FailureHandler, or where
// that has failed too.
//
// Wrapping an error (%w) does not change its kind. Where errors are joined the most serious one counts.
// The constructors below set a kind: they are for who knows better than what is wrapped.
type Kind uint8

const (
	// KindInvalid: the record or its decoding is bad; it goes to the side output, the task goes on.
	KindInvalid Kind = iota + 1
	// KindTransient: worth a retry with backoff, in the source or sink that met it.
	KindTransient
	// KindFenced: the partition or the producer belongs to another now; the task ends quietly.
	KindFenced
	// KindRefused: what is to be done must not or cannot be done, and that does not change by itself;
	// somebody has to decide. Nothing is broken.
	KindRefused
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
	case KindRefused:
		return "refused"
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

// ReasonUnreadable is that of a Record that is Unreadable.
const ReasonUnreadable = "unreadable_batch"

// Invalid returns an error of KindInvalid.
func Invalid(reason string, err error) error { return &Error{KindInvalid, reason, err} }

// Fenced returns an error of KindFenced.
func Fenced(reason string, err error) error { return &Error{KindFenced, reason, err} }

// Transient returns an error of KindTransient.
func Transient(reason string, err error) error { return &Error{KindTransient, reason, err} }

// Refused returns an error of KindRefused.
func Refused(reason string, err error) error { return &Error{KindRefused, reason, err} }

// Corruptf returns an error of KindCorrupt.
func Corruptf(format string, args ...any) error {
	return &Error{KindCorrupt, "corrupt", fmt.Errorf(format, args...)}
}

// KindOf returns the kind of err, or 0 where it has none.
func KindOf(err error) Kind {
	if e := deciding(err); e != nil {
		return e.Kind
	}
	return 0
}

// ReasonOf returns the reason code of err, "unknown" where it has none.
func ReasonOf(err error) string {
	if e := deciding(err); e != nil {
		return e.Reason
	}
	return "unknown"
}

// deciding finds the Error that err has its kind from: the outermost of a chain, the most serious of
// those that are joined.
func deciding(err error) *Error {
	for err != nil {
		if e, ok := err.(*Error); ok {
			return e
		}
		switch x := err.(type) {
		case interface{ Unwrap() error }:
			err = x.Unwrap()
		case interface{ Unwrap() []error }:
			return mostSerious(x.Unwrap())
		default:
			return nil
		}
	}
	return nil
}

func mostSerious(errs []error) (most *Error) {
	for _, err := range errs {
		if e := deciding(err); e != nil && (most == nil || e.Kind > most.Kind) {
			most = e
		}
	}
	return most
}
