package embedded_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"

	"github.com/attune-health/attune/deploy/embedded"
	"github.com/attune-health/attune/deploy/process"
)

func TestMain(m *testing.M) {
	embedded.RunEngineIfChild()
	os.Exit(m.Run())
}

// startClickHouse starts a server that ends with the test.
func startClickHouse(t *testing.T, cfg embedded.ClickHouseConfig) *embedded.ClickHouse {
	t.Helper()
	if cfg.Dir == "" {
		cfg.Dir = t.TempDir()
	}
	cfg.Progress = embedded.NewProgress(os.Stderr)
	server, err := embedded.StartClickHouse(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Kill(); err != nil {
			t.Error(err)
		}
	})
	return server
}

// query runs one statement over HTTP as the given user.
func query(t *testing.T, server *embedded.ClickHouse, user *url.Userinfo, sql string) (string, int) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+server.HTTPAddr()+"/", strings.NewReader(sql))
	if err != nil {
		t.Fatal(err)
	}
	if user != nil {
		password, _ := user.Password()
		req.SetBasicAuth(user.Username(), password)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(body)), resp.StatusCode
}

func mustQuery(t *testing.T, server *embedded.ClickHouse, sql string) string {
	t.Helper()
	answer, status := query(t, server, nil, sql)
	if status != http.StatusOK {
		t.Fatalf("%s: status %d: %s", sql, status, answer)
	}
	return answer
}

func TestClickHouseKilledThenRestartedKeepsRowsAndPorts(t *testing.T) {
	server := startClickHouse(t, embedded.ClickHouseConfig{})
	mustQuery(t, server, "CREATE DATABASE d")
	mustQuery(t, server, "CREATE TABLE d.t (a UInt64) ENGINE = MergeTree ORDER BY a")
	mustQuery(t, server, "INSERT INTO d.t SELECT number FROM numbers(1000)")
	if err := server.Kill(); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	again, err := server.Restart(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("restarted after kill -9 in %v", time.Since(began).Round(time.Millisecond))
	defer again.Kill()
	if got := mustQuery(t, again, "SELECT count() FROM d.t"); got != "1000" {
		t.Errorf("rows after restart = %s, want 1000", got)
	}
	if again.NativeAddr() != server.NativeAddr() || again.HTTPAddr() != server.HTTPAddr() {
		t.Errorf("addresses changed from %s, %s to %s, %s", server.NativeAddr(), server.HTTPAddr(), again.NativeAddr(), again.HTTPAddr())
	}
	http.DefaultClient.CloseIdleConnections()
	if err := again.Stop(t.Context()); err != nil {
		t.Errorf("stop: %v", err)
	}
}

func TestClickHouseSettings(t *testing.T) {
	server := startClickHouse(t, embedded.ClickHouseConfig{})
	for sql, want := range map[string]string{
		"SELECT getSetting('async_insert')": "false",
		"SELECT timezone()":                 "UTC",
		"SELECT currentUser()":              "default",
	} {
		if got := mustQuery(t, server, sql); got != want {
			t.Errorf("%s = %q, want %q", sql, got, want)
		}
	}
	if answer, status := query(t, server, nil, "SELECT * FROM file('/etc/passwd', 'LineAsString')"); status == http.StatusOK || !strings.Contains(answer, "ACCESS_DENIED") {
		t.Errorf("reading a file: status %d, %.80q, want ACCESS_DENIED", status, answer)
	}
}

// A native login that fails must not end the server: see swapStdinForTerminal.
func TestClickHouseWrongPasswordThenServerLives(t *testing.T) {
	server := startClickHouse(t, embedded.ClickHouseConfig{User: "attune", Password: "right & <proper>"})
	if err := nativePing(t.Context(), server.DSN()); err != nil {
		t.Fatalf("right password: %v", err)
	}
	for _, login := range []*url.Userinfo{url.UserPassword("attune", "wrong"), url.User("attune"), url.User("nobody")} {
		dsn := (&url.URL{Scheme: "clickhouse", User: login, Host: server.NativeAddr()}).String()
		err := nativePing(t.Context(), dsn)
		var exception *clickhouse.Exception
		if !errors.As(err, &exception) || exception.Code != 516 {
			t.Errorf("native login as %s: got %v, want exception 516", login.Username(), err)
		}
		if _, status := query(t, server, login, "SELECT 1"); status != http.StatusForbidden && status != http.StatusUnauthorized {
			t.Errorf("HTTP login as %s: status %d, want 401 or 403", login.Username(), status)
		}
	}
	if answer, status := query(t, server, url.User("default"), "CREATE DATABASE d"); status == http.StatusOK || !strings.Contains(answer, "ACCESS_DENIED") {
		t.Errorf("default without password created a database: status %d: %s", status, answer)
	}
	if err := nativePing(t.Context(), server.DSN()+"/absent"); err == nil {
		t.Error("login to an absent database succeeded")
	}
	if err := nativePing(t.Context(), server.DSN()); err != nil {
		t.Errorf("right password after the wrong ones: %v", err)
	}
}

func nativePing(ctx context.Context, dsn string) error {
	options, err := clickhouse.ParseDSN(dsn)
	if err != nil {
		return err
	}
	conn, err := clickhouse.Open(options)
	if err != nil {
		return err
	}
	return errors.Join(conn.Ping(ctx), conn.Close())
}

func TestSecondClickHouseOnOneDirectoryIsRefused(t *testing.T) {
	server := startClickHouse(t, embedded.ClickHouseConfig{Dir: t.TempDir()})
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	_, err := embedded.StartClickHouse(ctx, server.Config())
	if !errors.Is(err, embedded.ErrInUse) {
		t.Errorf("second start: got %v, want ErrInUse", err)
	}
}

// The parent of a server is killed, as by a test that times out; the server must not stay behind.
func TestClickHouseEndsWhenItsParentIsKilled(t *testing.T) {
	if dir := os.Getenv("EMBEDDED_TEST_PARENT"); dir != "" {
		server, err := embedded.StartClickHouse(t.Context(), embedded.ClickHouseConfig{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println("pid", server.Pid())
		if err := syscall.Kill(os.Getpid(), syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	pid := runUntilKilled(t, "EMBEDDED_TEST_PARENT="+dir)
	// The directory is locked by the server as long as it lives, so a new start proves its end.
	// It may take longer on a busy machine than a start waits; a server that stays behind never gives it up.
	var server *embedded.ClickHouse
	err := process.Poll(t.Context(), 10*time.Millisecond, func() (bool, error) {
		var err error
		server, err = embedded.StartClickHouse(t.Context(), embedded.ClickHouseConfig{Dir: dir})
		if errors.Is(err, embedded.ErrInUse) {
			return false, nil
		}
		return true, err
	})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Kill()
	if server.Pid() == pid {
		t.Errorf("new server has the old process id %d", pid)
	}
}
