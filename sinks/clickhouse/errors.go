package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	ch "github.com/ClickHouse/clickhouse-go/v2"
)

// Codes of server exceptions that need an explanation or a decision.
const (
	codeNoSuchColumn    = 16
	codeUnknownTable    = 60
	codeUnknownDatabase = 81
	codeUnknownUser     = 192
	codeWrongPassword   = 193
	codeNotPermitted    = 497
	codeAuthentication  = 516
	codeNoPassword      = 194 // what 516 is over HTTP
	codeReadOnly        = 164
	codeSyntax          = 62
)

// exceptionCode is the code of a server exception, or 0.
func exceptionCode(err error) int32 {
	var e *ch.Exception
	if errors.As(err, &e) {
		return e.Code
	}
	return 0
}

// notLetIn says whether the server refused the login.
func notLetIn(err error) bool {
	code := exceptionCode(err)
	return code == codeAuthentication || code == codeUnknownUser || code == codeWrongPassword || code == codeNoPassword
}

// IsAway says of an error of Open or New that nobody has answered, as while a server starts.
func IsAway(err error) bool {
	var network net.Error
	return exceptionCode(err) == 0 && (errors.As(err, &network) || errors.Is(err, io.EOF))
}

// explain says in one line what is wrong and what to do. The library's errors stay reachable by errors.As.
func (c *Client) explain(err error, user string) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	at := "clickhouse at " + c.host
	var old *tooOldError
	var network net.Error
	switch code := exceptionCode(err); {
	case errors.As(err, &old):
		return fmt.Errorf("%s: %w", at, err)
	case notLetIn(err):
		return fmt.Errorf("%s: user %q is not let in: check user name and password: %w", at, user, brief(err))
	case code == codeNotPermitted:
		return fmt.Errorf("%s: the user lacks a privilege: %w", at, brief(err))
	case code == codeReadOnly:
		return fmt.Errorf("%s: the user may only read: %w", at, brief(err))
	case code == codeUnknownDatabase || code == codeUnknownTable:
		return fmt.Errorf("%s: database or table missing: run attune sink once, or with schema apply: %w", at, brief(err))
	case code == codeNoSuchColumn:
		return fmt.Errorf("%s: a column that attune writes is gone: rows wait until it is back; attune sink adds it when it starts (sink.schema: apply): %w", at, brief(err))
	case failedInView(err) != "":
		// The server's text quotes values.
		return fmt.Errorf("%s: materialized view %s, which attune did not make, fails with code %d: %w", at, failedInView(err), code, silent{err})
	case refusedForContent(err):
		// The server's text quotes values.
		return fmt.Errorf("%s refused rows for their content: code %d: %w", at, code, silent{err})
	case code != 0:
		return fmt.Errorf("%s: %w", at, brief(err))
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%s does not answer in time: %w", at, err)
	case errors.As(err, &network):
		return fmt.Errorf("%s is unreachable: %w", at, err)
	case strings.Contains(err.Error(), "unexpected packet") || strings.Contains(err.Error(), "EOF"):
		return fmt.Errorf("%s hangs up, or what listens there does not speak the native protocol: %w", at, err)
	}
	return fmt.Errorf("%s: %w", at, err)
}

// briefError is a server exception cut to its first line: the rest is a stack trace.
type briefError struct{ err error }

func (b *briefError) Unwrap() error { return b.err }

func (b *briefError) Error() string {
	text, _, _ := strings.Cut(b.err.Error(), "\n")
	if len(text) > 300 {
		text = text[:300] + "..."
	}
	return text
}

func brief(err error) error { return &briefError{err} }

// silent keeps an error reachable by errors.As, and says nothing of it: its text may quote patient data.
type silent struct{ err error }

func (s silent) Unwrap() error { return s.err }

func (s silent) Error() string { return "see the server's log" }

// failedInView is the materialized view in which an insert failed, empty where it did not. The server pushes rows to
// views while it inserts, and those of a site may fail for reasons of their own. Rows are in our table by then.
func failedInView(err error) string {
	var e *ch.Exception
	if !errors.As(err, &e) {
		return ""
	}
	_, rest, found := strings.Cut(e.Message, "while pushing to view ")
	if !found {
		return ""
	}
	name, _, _ := strings.Cut(rest, " ")
	return strings.TrimRight(name, ".:),")
}

// refusedForContent says whether the server refused rows for their content: the same rows would be refused again, and
// others would not. All other errors are worth waiting for: the server or its configuration is broken.
func refusedForContent(err error) bool {
	// What a site's view makes of rows is no fault of theirs.
	if failedInView(err) != "" {
		return false
	}
	switch exceptionCode(err) {
	case 6, 26, 27, 33, 38, 41, 53, 69, 70, 72, 117, 128, 131, 153, 169, 321, 349, 395, 407, 436, 469, 691:
		return true
	}
	return false
}
