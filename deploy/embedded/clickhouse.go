package embedded

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/attune-health/attune/deploy/process"
)

// clickHouseStartPatience bounds the wait for a server to answer. It takes 0.1 to 0.5 s; some seconds with very
// many parts, on a busy machine, after a kill.
const clickHouseStartPatience = 2 * time.Minute

// ErrInUse says that another process has the directory.
var ErrInUse = process.ErrInUse

// ClickHouse is a running ClickHouse server with native and HTTP interface on 127.0.0.1.
type ClickHouse struct {
	cfg ClickHouseConfig
	*process.Process
}

// StartClickHouse starts a server on the directory, and returns when it answers queries. ctx bounds only the start.
// After Kill, Stop or the death of this process the same directory can be started again.
func StartClickHouse(ctx context.Context, cfg ClickHouseConfig) (*ClickHouse, error) {
	if err := errors.Join(cfg.setDefaults(), cfg.Validate()); err != nil {
		return nil, err
	}
	if _, ok := os.LookupEnv(engineChildEnv); ok {
		return nil, errors.New("this process was started to be the ClickHouse engine: main or TestMain must call embedded.RunEngineIfChild first")
	}
	ctx, cancel := context.WithTimeout(ctx, clickHouseStartPatience+fetchPatience)
	defer cancel()
	lock, err := process.LockDir(ctx, cfg.Dir)
	if err != nil {
		return nil, fmt.Errorf("start ClickHouse: %w", err)
	}
	// The child inherits the lock and keeps it while it lives; ours is only for the start.
	defer lock.Close()
	program, err := chooseProgram(ctx, &cfg)
	if err != nil {
		return nil, fmt.Errorf("start ClickHouse: %w", err)
	}
	if err := process.TakePorts(&cfg.NativePort, &cfg.HTTPPort); err != nil {
		return nil, fmt.Errorf("start ClickHouse: %w", err)
	}
	if err := cfg.writeFiles(); err != nil {
		return nil, err
	}
	server, err := program.start(ctx, cfg, lock)
	if err != nil {
		return nil, fmt.Errorf("start ClickHouse in %s: %w", cfg.Dir, err)
	}
	if err := server.waitReady(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("start ClickHouse in %s: %w", cfg.Dir, err), server.Kill())
	}
	return server, nil
}

// program is one of the two ways to run a server.
type program interface {
	start(ctx context.Context, cfg ClickHouseConfig, lock *os.File) (*ClickHouse, error)
}

// waitReady returns when the HTTP interface answers, or with the reason when the process ends.
func (s *ClickHouse) waitReady(ctx context.Context) error {
	client := &http.Client{Timeout: time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	return process.Poll(ctx, 10*time.Millisecond, func() (bool, error) {
		if ended, err := s.Ended(); ended {
			return true, fmt.Errorf("server ended (%v); %s", err, s.LogEnd())
		}
		resp, err := client.Get("http://" + s.HTTPAddr() + "/ping")
		if err != nil {
			return false, nil
		}
		return resp.StatusCode == http.StatusOK, resp.Body.Close()
	})
}

// NativeAddr is the host:port of the native protocol.
func (s *ClickHouse) NativeAddr() string { return process.Loopback(s.cfg.NativePort) }

// HTTPAddr is the host:port of the HTTP interface.
func (s *ClickHouse) HTTPAddr() string { return process.Loopback(s.cfg.HTTPPort) }

// DSN is the native address with user and password, as clickhouse-go takes it. It contains the password.
func (s *ClickHouse) DSN() string {
	user := url.User(s.cfg.User)
	if s.cfg.Password != "" {
		user = url.UserPassword(s.cfg.User, s.cfg.Password)
	}
	return (&url.URL{Scheme: "clickhouse", User: user, Host: s.NativeAddr()}).String()
}

// Config is the configuration of the running server, with its ports.
func (s *ClickHouse) Config() ClickHouseConfig { return s.cfg }

// Stop lets the server finish its work and end. If ctx ends first, it is killed. It takes milliseconds, or 5 s
// while clients stay connected, even idle ones: the server waits for them.
func (s *ClickHouse) Stop(ctx context.Context) error {
	if err := s.Process.Stop(ctx); err != nil {
		return fmt.Errorf("stop ClickHouse: %w", err)
	}
	return nil
}

// Restart starts a server that has ended, on the same directory and ports.
func (s *ClickHouse) Restart(ctx context.Context) (*ClickHouse, error) {
	if ended, _ := s.Ended(); !ended {
		return nil, errors.New("restart ClickHouse: it is still running")
	}
	return StartClickHouse(ctx, s.cfg)
}
