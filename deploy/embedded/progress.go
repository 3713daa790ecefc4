package embedded

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"
)

// Steps that Progress names.
const (
	StepFetch  = "fetching ClickHouse engine"
	StepUnpack = "unpacking ClickHouse engine"
)

// Progress is told how far a step is, in bytes. It may be nil. Calls come from one goroutine at a time.
type Progress func(step string, done, total int64)

func (p Progress) report(step string, done, total int64) {
	if p != nil {
		p(step, done, total)
	}
}

// NewProgress writes progress to w: a bar on a terminal, elsewhere a line every few seconds.
func NewProgress(w io.Writer) Progress {
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		return progressBar(w)
	}
	return progressLines(w, 3*time.Second, time.Now)
}

func progressBar(w io.Writer) Progress {
	const width = 32
	var mu sync.Mutex
	finished := ""
	return func(step string, done, total int64) {
		mu.Lock()
		defer mu.Unlock()
		if total <= 0 || finished == step {
			return
		}
		filled := int(width * done / total)
		bar := strings.Repeat("█", filled) + strings.Repeat("░", width-filled)
		fmt.Fprintf(w, "\r\x1b[K%-27s %s %3d%%  %s", step, bar, 100*done/total, megabytes(done, total))
		if done >= total {
			finished = step
			fmt.Fprintln(w)
		}
	}
}

// progressLines writes the first report of each step, its last, and between them one line per interval.
func progressLines(w io.Writer, every time.Duration, now func() time.Time) Progress {
	var mu sync.Mutex
	var step string
	var last time.Time
	var complete bool
	return func(current string, done, total int64) {
		mu.Lock()
		defer mu.Unlock()
		if current == step && (complete || done < total && now().Sub(last) < every) {
			return
		}
		step, last, complete = current, now(), done >= total
		fmt.Fprintf(w, "%s: %d%% (%s)\n", current, 100*done/max(total, 1), megabytes(done, total))
	}
}

func megabytes(done, total int64) string {
	return fmt.Sprintf("%d of %d MB", done/1_000_000, total/1_000_000)
}
