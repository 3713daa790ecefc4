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
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/attune-health/attune/deploy/embedded"
	"github.com/attune-health/attune/internal/config"
	"github.com/attune-health/attune/internal/connect"
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

// lonelyDesk runs a desk by itself; current asks it, and ended has how it ends.
func lonelyDesk(t *testing.T, c *config.Config) (current func() bool, ended chan error) {
	t.Helper()
	c.Desk.Listen, c.Desk.Dir, c.Telemetry.Listen, c.Registry.CacheDir = freeAddress(t), t.TempDir(), "", t.TempDir()
	c.Instance = fmt.Sprintf("%s-%d", t.Name(), os.Getpid())
	ctx, stop := context.WithCancel(context.Background())
	ended = make(chan error, 1)
	g := Group{Members: []string{"desk"}, Version: "test"}
	go func() {
		ended <- g.Run(ctx, c)
		close(ended)
	}()
	t.Cleanup(func() {
		stop()
		for err := range ended {
			if err != nil {
				t.Errorf("it ends with %v", err)
			}
		}
	})
	url := "http://" + c.Desk.Listen + "/v1/health"
	within(t, "the desk answers", func() bool {
		a, err := http.Get(url)
		if err == nil {
			_ = a.Body.Close()
		}
		return err == nil
	})
	return func() bool {
		a, err := http.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		defer a.Body.Close()
		var v struct {
			Desk struct{ Current bool }
		}
		if err := json.NewDecoder(a.Body).Decode(&v); err != nil {
			t.Fatal(err)
		}
		return v.Desk.Current
	}, ended
}

func within(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for began := time.Now(); !ok(); {
		if time.Since(began) > 30*time.Second {
			t.Fatalf("%s: it did not happen", what)
		}
		<-time.After(20 * time.Millisecond)
	}
}

// TestTopicsCannotBeToldThenTheDeskAnswersAndGoesOn: brokers answer, and elect leaders.
func TestTopicsCannotBeToldThenTheDeskAnswersAndGoesOn(t *testing.T) {
	broker, err := embedded.StartBroker(t.Context(), embedded.BrokerConfig{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = broker.Close() })
	registry, err := embedded.StartRegistry(t.Context(), embedded.RegistryConfig{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = registry.Close() })
	c := config.Default()
	c.Kafka.Brokers, c.Registry.URL, c.Topics.Replication = []string{broker.Addr()}, registry.URL(), 1
	cluster, err := connect.Kafka(t.Context(), &c)
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Close()
	client, err := connect.Registry(&c)
	if err == nil {
		_, err = client.Register(t.Context())
	}
	if err == nil {
		_, err = connect.CreateTopics(t.Context(), cluster, &c)
	}
	if err != nil {
		t.Fatal(err)
	}
	var electing atomic.Bool
	electing.Store(true)
	broker.Cluster().ControlKey(int16(kmsg.Metadata), func(r kmsg.Request) (kmsg.Response, error, bool) {
		broker.Cluster().KeepControl()
		q := r.(*kmsg.MetadataRequest)
		if !electing.Load() || len(q.Topics) == 0 {
			return nil, nil, false
		}
		a := q.ResponseKind().(*kmsg.MetadataResponse)
		for i := range q.Topics {
			topic := kmsg.NewMetadataResponseTopic()
			topic.Topic, topic.ErrorCode = q.Topics[i].Topic, 5
			a.Topics = append(a.Topics, topic)
		}
		return a, nil, true
	})
	current, ended := lonelyDesk(t, &c)
	if current() {
		t.Error("it calls itself current")
	}
	electing.Store(false)
	within(t, "it is current", current)
	select {
	case err := <-ended:
		t.Errorf("it has ended with %v", err)
	default:
	}
}

// TestBrokersComeBackWithoutTheTopicsThenItIsTold: what somebody has to put right ends the wait, once it is sure.
func TestBrokersComeBackWithoutTheTopicsThenItIsTold(t *testing.T) {
	c := config.Default()
	address := freeAddress(t)
	c.Kafka.Brokers = []string{address}
	_, ended := lonelyDesk(t, &c)
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	broker, err := embedded.StartBroker(t.Context(), embedded.BrokerConfig{Dir: t.TempDir(), Port: n})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = broker.Close() })
	began := time.Now()
	select {
	case err := <-ended:
		if err == nil || !strings.Contains(err.Error(), "run attune topics create") || time.Since(began) < startPatience/2 {
			t.Errorf("after %v it ends with %v", time.Since(began), err)
		}
	case <-time.After(time.Minute):
		t.Error("it does not end")
	}
}
