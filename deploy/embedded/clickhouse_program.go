package embedded

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"time"

	"github.com/attune-health/attune/deploy/process"
)

// fetchPatience bounds the one-time fetch of the engine.
const fetchPatience = 20 * time.Minute

// oldestMajor and oldestMinor are the oldest clickhouse binary that is used from PATH.
const oldestMajor, oldestMinor = 24, 8

// chooseProgram prefers an installed clickhouse binary to an engine that would have to be fetched.
func chooseProgram(ctx context.Context, cfg *ClickHouseConfig) (program, error) {
	if cfg.Binary == "" {
		if path, err := exec.LookPath("clickhouse"); err == nil && isRecent(ctx, path) {
			return serverBinary{path}, nil
		}
	}
	if cfg.Binary != "" && cfg.Binary != engineOnly {
		return serverBinary{cfg.Binary}, nil
	}
	library, err := EnsureEngine(ctx, cfg.CacheDir, cfg.Progress)
	if err != nil {
		return nil, err
	}
	return engineLibraryProgram{library}, nil
}

var versionNumber = regexp.MustCompile(`version (\d+)\.(\d+)`)

// isRecent asks a clickhouse binary for its version. A binary that does not answer is not used.
func isRecent(ctx context.Context, path string) bool {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, path, "server", "--version").Output()
	if err != nil {
		return false
	}
	match := versionNumber.FindSubmatch(out)
	if match == nil {
		return false
	}
	major, _ := strconv.Atoi(string(match[1]))
	minor, _ := strconv.Atoi(string(match[2]))
	return major > oldestMajor || major == oldestMajor && minor >= oldestMinor
}

// engineLibraryProgram runs the engine library in a copy of this executable.
type engineLibraryProgram struct{ library string }

func (p engineLibraryProgram) start(ctx context.Context, cfg ClickHouseConfig, lock *os.File) (*ClickHouse, error) {
	executable, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find own executable: %w", err)
	}
	description, err := json.Marshal(engineChild{
		Library: p.library, Data: cfg.path("data"), Config: cfg.path("config.xml"), Log: cfg.path("clickhouse.log"),
		NativePort: cfg.NativePort, HTTPPort: cfg.HTTPPort,
	})
	if err != nil {
		return nil, err
	}
	fromChild, toParent, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer fromChild.Close()
	cmd := exec.Command(executable)
	cmd.Args = []string{executable, "clickhouse-engine", cfg.Dir}
	cmd.Dir = cfg.Dir
	cmd.Env = append(os.Environ(), engineChildEnv+"="+string(description), "TZ=UTC")
	cmd.ExtraFiles = []*os.File{portsFD - 3: toParent, lockFD - 3: lock}
	child, err := process.Start(process.Config{Cmd: cmd, Log: cfg.path("console.log"), WatchesStdin: true, Yields: cfg.Yields})
	// The child alone holds the writing end now: if it dies, the read below ends.
	if err = errors.Join(err, toParent.Close()); err != nil {
		return nil, err
	}
	server := &ClickHouse{cfg: cfg, Process: child}
	if err := server.readPorts(ctx, fromChild); err != nil {
		return nil, errors.Join(err, server.Kill())
	}
	return server, nil
}

// readPorts reads the two ports from the line that the engine prints when it listens.
func (s *ClickHouse) readPorts(ctx context.Context, from *os.File) error {
	ctx, cancel := context.WithTimeout(ctx, clickHouseStartPatience)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = from.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	line, err := bufio.NewReader(from).ReadString('\n')
	if err != nil {
		return fmt.Errorf("engine did not start to listen: %w; %s", err, s.LogEnd())
	}
	if _, err := fmt.Sscan(line, &s.cfg.NativePort, &s.cfg.HTTPPort); err != nil {
		return fmt.Errorf("engine said %q instead of its ports", line)
	}
	return nil
}

// serverBinary runs an installed clickhouse program as a server.
type serverBinary struct{ path string }

func (p serverBinary) start(_ context.Context, cfg ClickHouseConfig, lock *os.File) (*ClickHouse, error) {
	cmd := exec.Command(p.path, "server", "--config-file="+cfg.path("config.xml"))
	cmd.Dir = cfg.Dir
	cmd.Env = append(os.Environ(), "TZ=UTC")
	cmd.ExtraFiles = []*os.File{portsFD - 3: lock}
	child, err := process.Start(process.Config{Cmd: cmd, Log: cfg.path("console.log"), Yields: cfg.Yields})
	if err != nil {
		return nil, err
	}
	return &ClickHouse{cfg: cfg, Process: child}, nil
}
