package roles

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/attune-health/attune/internal/config"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/kafka"
)

// freeAddress is one that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// TestBrokersAreAwayThenTheDeskAnswersAllTheSame: nobody is there, or somebody who says nothing.
func TestBrokersAreAwayThenTheDeskAnswersAllTheSame(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	for name, broker := range map[string]string{"nobody": freeAddress(t), "silence": silent.Addr().String()} {
		t.Run(name, func(t *testing.T) {
			c := config.Default()
			c.Kafka.Brokers, c.Desk.Listen, c.Desk.Dir, c.Telemetry.Listen = []string{broker}, freeAddress(t), t.TempDir(), ""
			c.Registry.CacheDir = t.TempDir()
			c.Instance = fmt.Sprintf("deskalone-%s-%d", name, os.Getpid())
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			ended := make(chan error, 1)
			g := Group{Members: []string{"desk"}, Version: "test"}
			go func() { ended <- g.Run(ctx, &c) }()
			began, answered := time.Now(), false
			for !answered && time.Since(began) < startPatience {
				select {
				case err := <-ended:
					t.Fatalf("it ends with %v", err)
				case <-time.After(20 * time.Millisecond):
				}
				a, err := http.Get("http://" + c.Desk.Listen + "/v1/health")
				if err != nil {
					continue
				}
				var v struct {
					Desk struct {
						Current bool    `json:"current"`
						AsOf    *string `json:"as_of"`
					} `json:"desk"`
				}
				err = json.NewDecoder(a.Body).Decode(&v)
				_ = a.Body.Close()
				if err != nil || v.Desk.Current || v.Desk.AsOf != nil {
					t.Errorf("it says of itself %+v (%v)", v, err)
				}
				answered = true
			}
			if !answered {
				t.Error("it does not answer")
			}
			stop()
			select {
			case err := <-ended:
				if err != nil {
					t.Errorf("it ends with %v", err)
				}
			case <-time.After(time.Minute):
				t.Fatal("it does not end")
			}
		})
	}
}

// Only what passes by itself is waited for.
func TestWhatADeskWaitsFor(t *testing.T) {
	for _, c := range []struct {
		err  error
		want bool
	}{
		{&net.OpError{Op: "dial", Err: errors.New("connection refused")}, true},
		{fmt.Errorf("no answer: %w", context.DeadlineExceeded), true},
		{io.EOF, true},
		// A topic list that a broker cannot give yet.
		{pipeline.Transient("broker-unavailable", kafka.Code(5)), true},
		{pipeline.Transient("denied", kafka.Code(29)), false},
		{fmt.Errorf("log-in refused: %w", kafka.Code(58)), false},
		{errors.New("topic personas is missing; run attune topics create"), false},
	} {
		if got := isAway(c.err); got != c.want {
			t.Errorf("%v: waits %v", c.err, got)
		}
	}
}
