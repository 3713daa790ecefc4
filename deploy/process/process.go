package process

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// Config says what runs, and how it learns that this process has ended.
type Config struct {
	// Cmd is the command; Start sets its input and output.
	Cmd *exec.Cmd
	// Log is the file to which the process's output is appended.
	Log string
	// WatchesStdin says that the process ends by itself when its standard input closes. Others get a guard.
	WatchesStdin bool
	// Yields lets other processes have the processors first, where there is a program called nice.
	Yields bool
}

// yielding is how nice a process is that yields: with 10 it gets about a tenth of what another one gets that wants as
// much, and all that nobody wants.
const yielding = "10"

// Process is a running child process. It is safe for concurrent use.
type Process struct {
	cmd   *exec.Cmd
	log   string
	ended chan struct{}
	// How it ended; valid once ended is closed.
	err error
}

// Start starts the process in a process group of its own. A Ctrl-C at the terminal then reaches only us: what we
// still have to write may need the child.
func Start(cfg Config) (*Process, error) {
	log, err := os.OpenFile(cfg.Log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	defer log.Close()
	cmd := cfg.Cmd
	if nice, err := exec.LookPath("nice"); cfg.Yields && err == nil {
		// Afterwards would be too late for threads that are there by then.
		cmd.Path, cmd.Args = nice, append([]string{"nice", "-n", yielding, cmd.Path}, cmd.Args[1:]...)
	}
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	// Nothing is ever written to it. The child takes its closing as our end.
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", cmd.Path, err)
	}
	p := &Process{cmd: cmd, log: cfg.Log, ended: make(chan struct{})}
	go func() {
		p.err = cmd.Wait()
		_ = stdin.Close()
		close(p.ended)
	}()
	if cfg.WatchesStdin {
		return p, nil
	}
	if err := p.guard(); err != nil {
		return nil, errors.Join(err, p.Kill())
	}
	return p, nil
}

// guard starts a shell that kills the process when this one has ended, however it did: the shell's input then
// closes. If the process ends first, the guard is no longer needed.
func (p *Process) guard() error {
	shell := exec.Command("/bin/sh", "-c", `read -r _; kill -KILL "$0"`, strconv.Itoa(p.Pid()))
	shell.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	input, err := shell.StdinPipe()
	if err != nil {
		return err
	}
	if err := shell.Start(); err != nil {
		return fmt.Errorf("start guard: %w", err)
	}
	go func() {
		<-p.ended
		_ = shell.Process.Kill()
		_ = shell.Wait()
		_ = input.Close()
	}()
	return nil
}

// Pid is the process id.
func (p *Process) Pid() int { return p.cmd.Process.Pid }

// Done is closed when the process has ended, for whatever reason.
func (p *Process) Done() <-chan struct{} { return p.ended }

// Ended says whether the process has ended, and if so, with what error.
func (p *Process) Ended() (bool, error) {
	select {
	case <-p.ended:
		return true, p.err
	default:
		return false, nil
	}
}

// Signal sends a signal, such as SIGSTOP and SIGCONT.
func (p *Process) Signal(signal os.Signal) error { return p.cmd.Process.Signal(signal) }

// Kill ends the process with SIGKILL and waits for its end. Killing one that has ended is no error.
func (p *Process) Kill() error {
	err := p.cmd.Process.Kill()
	<-p.ended
	if err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("kill process: %w", err)
	}
	return nil
}

// Stop ends the process with SIGTERM and waits for its end. If ctx ends first, it is killed. A process that the
// signal has ended counts as stopped well.
func (p *Process) Stop(ctx context.Context) error {
	_ = p.Signal(syscall.SIGTERM)
	select {
	case <-p.ended:
	case <-ctx.Done():
		return errors.Join(fmt.Errorf("stop process: %w", ctx.Err()), p.Kill())
	}
	var exit *exec.ExitError
	if errors.As(p.err, &exit) && (exit.ExitCode() == 128+int(syscall.SIGTERM) || exit.Sys().(syscall.WaitStatus).Signal() == syscall.SIGTERM) {
		return nil
	}
	return p.err
}

// LogEnd is the end of the process's log, for an error message.
func (p *Process) LogEnd() string {
	f, err := os.Open(p.log)
	if err != nil {
		return err.Error()
	}
	defer f.Close()
	const enough = 2000
	if info, err := f.Stat(); err == nil && info.Size() > enough {
		_, _ = f.Seek(-enough, io.SeekEnd)
	}
	data, err := io.ReadAll(f)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(data)), "\n")
	return fmt.Sprintf("%s says: %s", p.log, strings.TrimSpace(strings.Join(lines[max(0, len(lines)-3):], "; ")))
}
