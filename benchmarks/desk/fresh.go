package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/attune-health/attune/deploy/process"
)

// fresh measures lookups of calls that nobody has heard of: the desk writes the call, `attune run` decides, exactly once,
// and the answer waits for it, for desk.wait at most.
func (m *measurement) fresh(ctx context.Context) error {
	if m.freshRate == 0 {
		return nil
	}
	if err := m.desk.Kill(); err != nil {
		return err
	}
	text, err := os.ReadFile(m.config)
	if err != nil {
		return err
	}
	if err := os.WriteFile(m.config, []byte(strings.Replace(string(text), "wait: 1ms", "wait: 150ms, writes_calls: true", 1)), 0o600); err != nil {
		return err
	}
	if _, err := m.start(ctx); err != nil {
		return err
	}
	run, err := process.Start(process.Config{Cmd: exec.Command(m.program, "run", "--config", m.config), Log: filepath.Join(m.dir, "run.log")})
	if err != nil {
		return err
	}
	defer func() { _ = run.Kill() }()
	var decided atomic.Int64
	lookup := func(n int) (string, string, string) {
		return http.MethodPost, "/v1/lookup", fmt.Sprintf(`{"contact_ref": "fresh-%d", "phone": "+1 415 %03d %04d", "queue": "pharmacy"}`, n, 200+n/10000%700, n%10000)
	}
	// It decides once it is ready.
	if err := process.Poll(ctx, 200*time.Millisecond, func() (bool, error) {
		if ended, err := run.Ended(); ended {
			return false, fmt.Errorf("the processor ended: %w: %s", err, run.LogEnd())
		}
		_, path, body := lookup(0)
		a, err := m.client.Post(m.url+path, "application/json", strings.NewReader(body))
		return err == nil && isDecided(a.Body), nil
	}); err != nil {
		return err
	}
	m.askFor("lookups of new calls, with desk.wait 150ms", m.freshRate, lookup, func(answer io.ReadCloser) {
		if isDecided(answer) {
			decided.Add(1)
		}
	})
	fmt.Printf("%d of them had the decision that the call caused\n", decided.Load())
	return nil
}

// isDecided reads an answer of a lookup.
func isDecided(answer io.ReadCloser) bool {
	defer answer.Close()
	var v struct {
		Contact struct {
			Decision struct {
				ID string `json:"decision_id"`
			}
		}
	}
	return json.NewDecoder(answer).Decode(&v) == nil && v.Contact.Decision.ID != ""
}
