package exit

import "fmt"

// Exit codes, documented in --help and the README.
const (
	CodeOK = 0
	// The command did its work and the answer is no: not reconciled, or a check failed.
	CodeFailed = 1
	// Flags, arguments or configuration are wrong.
	CodeUsage = 2
	// Something outside cannot be reached or refuses us: broker, registry, ClickHouse, npm.
	CodeUnavailable = 3
	CodeInterrupted = 130
)

// Error is an error with the exit code that it ends the process with.
type Error struct {
	Code int
	Err  error
}

func (e *Error) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("exit %d", e.Code)
	}
	return e.Err.Error()
}

func (e *Error) Unwrap() error { return e.Err }

// Usage is for wrong flags, arguments or configuration.
func Usage(err error) error { return &Error{CodeUsage, err} }

// Unavailable is for something outside that cannot be reached or refuses us.
func Unavailable(err error) error { return &Error{CodeUnavailable, err} }

// Failed is for a command that did its work, and whose answer is no.
func Failed(err error) error { return &Error{CodeFailed, err} }

// Interrupted is for a command that was ended before it had an answer.
func Interrupted(err error) error { return &Error{CodeInterrupted, err} }
