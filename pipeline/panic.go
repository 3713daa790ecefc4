package pipeline

import (
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
)

// ReasonPanic is the reason of a record whose processing panicked. Such a record is handed to
// FailureHandler as one that cannot be read is (I15).
const ReasonPanic = "panic"

// afterPanic is what to do about a panic that ended a task. The same record would do the same again.
const afterPanic = "the last commit stands and nothing is lost: start a build in which that place is mended"

// firstFailure says why a record was to be rejected: a panic by its place, all else by its code.
func firstFailure(reason error) string {
	if ReasonOf(reason) == ReasonPanic {
		return reason.Error()
	}
	return ReasonOf(reason)
}

// panicError makes an error of the panic being recovered, by the place where it happened. The value is
// left out: it may hold patient data. It must be called by the deferred function itself, while the
// stack of the panic is still there; the first frame above the runtime's is the place.
func panicError() error {
	pcs := make([]uintptr, 32)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs)])
	panicking := false
	for {
		f, more := frames.Next()
		switch {
		case strings.HasPrefix(f.Function, "runtime."):
			panicking = panicking || f.Function == "runtime.gopanic"
		case panicking:
			return Invalid(ReasonPanic, fmt.Errorf("at %s:%d", filepath.Base(f.File), f.Line))
		}
		if !more {
			return Invalid(ReasonPanic, nil)
		}
	}
}
