package pipeline

import (
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
)

// ReasonPanic is the reason of a record whose processing panicked.
const ReasonPanic = "panic"

// panicError makes an error of the panic being recovered, by the place where it happened. The value
// is left out: it may hold patient data.
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
