package exit

import "fmt"

// Exit codes, documented in --help and the README.
const (
	CodeOK          = 0
	CodeFailed      = 1 // the command did what it was asked and the answer is no: not reconciled, a check failed
	CodeUsage       = 2 // flags, arguments or configuration are wrong
	CodeUnavailable = 3 // something outside cannot be reached or refuses us: broker, registry, ClickHouse, npm
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

// Usage is for flags, arguments or a configuration that is wrong.
func Usage(err error) error { return &Error{CodeUsage, err} }

// Unavailable is for something outside that cannot be reached or refuses us.
func Unavailable(err error) error { return &Error{CodeUnavailable, err} }

// Failed is for a command that did what it was asked, with no as the answer.
func Failed(err error) error { return &Error{CodeFailed, err} }

// Interrupted is for a command that was ended before it had an answer.
func Interrupted(err error) error { return &Error{CodeInterrupted, err} }
