package demo

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/attune-health/attune/internal/exit"
	"github.com/attune-health/attune/internal/traffic"
	"github.com/attune-health/attune/internal/verify"
)

// remains is what a demo leaves in its --data directory: what was sent so far, and up to when. The next
// demo on it can go on, and still reconcile everything.
type remains struct {
	// It has not ended, or not well.
	Running bool `json:"running"`
	// The watermark that its end forced: events before it are late.
	Until time.Time `json:"until"`
	// The sink had to send rows again.
	Resent bool `json:"resent"`
}

const (
	demoDataFile   = "demo.json"
	demoLedgerFile = "sent.json"
)

// takeUp reads into ledger what earlier demos left in dir, if anything.
func takeUp(dir string, ledger *verify.Ledger) (remains, error) {
	var before remains
	text, err := os.ReadFile(filepath.Join(dir, demoDataFile))
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(filepath.Join(dir, "kafka")); err == nil {
			return before, exit.Usage(fmt.Errorf("--data: %s holds something else than the data of a demo: name an empty directory", dir))
		}
		return before, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &before)
	}
	if err != nil {
		return before, exit.Usage(fmt.Errorf("--data: %w", err))
	}
	if before.Running {
		return before, exit.Usage(fmt.Errorf("--data: a demo still runs on %s, or was killed there, so that what it sent is not known: remove it or name another directory", dir))
	}
	f, err := os.Open(filepath.Join(dir, demoLedgerFile))
	if err != nil {
		return before, exit.Usage(fmt.Errorf("--data: %w", err))
	}
	defer f.Close()
	if err := ledger.Load(f); err != nil {
		return before, exit.Usage(fmt.Errorf("--data: %s: %w", dir, err))
	}
	return before, nil
}

// leave writes what was sent, and that the demo has ended.
func (s remains) leave(dir string, ledger *verify.Ledger) error {
	f, err := os.CreateTemp(dir, demoLedgerFile)
	if err != nil {
		return err
	}
	if err := errors.Join(ledger.Save(f), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), filepath.Join(dir, demoLedgerFile)); err != nil {
		return err
	}
	return s.write(dir)
}

func (s remains) write(dir string) error {
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, demoDataFile), text, 0o600)
}

// peeked is a feed whose first record has been looked at.
type peeked struct {
	traffic.Feed
	first traffic.Item
	err   error
	taken bool
}

func (p *peeked) Next() (traffic.Item, error) {
	if p.taken {
		return p.Feed.Next()
	}
	p.taken = true
	return p.first, p.err
}

// tooEarly refuses a feed that begins before what the data has been told.
func tooEarly(begins, until time.Time, dir string) error {
	return exit.Usage(fmt.Errorf("%s has been told everything up to %s, and this begins at %s: its events would be late; name another directory (--data)",
		dir, until.UTC().Format(time.RFC3339), begins.UTC().Format(time.RFC3339)))
}

// notBefore refuses a feed that begins before a time.
func notBefore(f traffic.Feed, until time.Time, dir string) (traffic.Feed, error) {
	p := &peeked{Feed: f}
	p.first, p.err = f.Next()
	if p.err != nil && !errors.Is(p.err, io.EOF) {
		return nil, p.err
	}
	if at := time.UnixMilli(int64(p.first.At)); p.err == nil && at.Before(until) {
		return nil, tooEarly(at, until, dir)
	}
	return p, nil
}
