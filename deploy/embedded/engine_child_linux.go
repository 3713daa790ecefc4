package embedded

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"

	"github.com/ebitengine/purego"
	"golang.org/x/sys/unix"
)

// engineStopPatience is how long the engine may take to shut down by itself; merges can take seconds.
const engineStopPatience = 20 * time.Second

// run hosts the engine until its parent closes our standard input or sends SIGTERM.
func (c engineChild) run() error {
	signal.Ignore(os.Interrupt)
	terminate := make(chan os.Signal, 1)
	signal.Notify(terminate, syscall.SIGTERM)
	parent, terminal, err := swapStdinForTerminal()
	if err != nil {
		return fmt.Errorf("give the engine a pseudo terminal: %w", err)
	}
	returned, err := c.launch()
	if err != nil {
		return err
	}
	orphaned := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, parent)
		close(orphaned)
	}()
	select {
	case <-terminate:
	case <-orphaned:
	case err := <-returned:
		return errors.Join(errors.New("ended by itself"), err)
	}
	return leavePrompt(terminal, returned)
}

// launch calls the engine's main function on a thread of its own.
func (c engineChild) launch() (returned <-chan error, err error) {
	lib, err := purego.Dlopen(c.Library, purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil {
		return nil, fmt.Errorf("load library: %w", err)
	}
	var setSignalHandlers func(int32)
	var queryCmdline func(int32, **byte) uintptr
	var resultError func(uintptr) string
	purego.RegisterLibFunc(&setSignalHandlers, lib, "chdb_set_signal_handlers_enabled")
	purego.RegisterLibFunc(&queryCmdline, lib, "chdb_query_cmdline")
	purego.RegisterLibFunc(&resultError, lib, "chdb_result_error")
	// The Go runtime keeps its signal handlers; the engine must not replace them.
	setSignalHandlers(0)

	args := c.args()
	argv := cStrings(args)
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		result := queryCmdline(int32(len(args)), &argv[0])
		runtime.KeepAlive(argv)
		switch {
		case result == 0:
			done <- errors.New("engine returned no result")
		case resultError(result) != "":
			done <- errors.New(resultError(result))
		default:
			done <- nil
		}
	}()
	return done, nil
}

// leavePrompt types "exit" until the engine returns. The terminal stays open meanwhile: closing it first hangs the
// engine. It also reads away what the engine echoes, which would otherwise fill the terminal and block the engine.
func leavePrompt(terminal *os.File, returned <-chan error) error {
	go func() { _, _ = io.Copy(io.Discard, terminal) }()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	deadline := time.NewTimer(engineStopPatience)
	defer deadline.Stop()
	for {
		if _, err := terminal.WriteString("exit\n"); err != nil {
			return fmt.Errorf("leave prompt: %w", err)
		}
		select {
		case err := <-returned:
			return err
		case <-deadline.C:
			return fmt.Errorf("engine did not stop within %v", engineStopPatience)
		case <-again.C:
		}
	}
}

// swapStdinForTerminal makes file descriptor 0 a pseudo terminal. It returns what was there before, and the
// terminal's master side. Without a terminal the engine ends on an exception during a native handshake, such as a
// wrong password.
func swapStdinForTerminal() (stdin, master *os.File, err error) {
	saved, err := unix.FcntlInt(0, unix.F_DUPFD_CLOEXEC, 5)
	if err != nil {
		return nil, nil, fmt.Errorf("keep stdin: %w", err)
	}
	stdin = os.NewFile(uintptr(saved), "stdin")
	master, err = os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		return nil, nil, err
	}
	number, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err != nil {
		return nil, nil, fmt.Errorf("number of pseudo terminal: %w", err)
	}
	if err := unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		return nil, nil, fmt.Errorf("unlock pseudo terminal: %w", err)
	}
	slave, err := unix.Open(fmt.Sprintf("/dev/pts/%d", number), unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("open pseudo terminal: %w", err)
	}
	if err := unix.Dup3(slave, 0, 0); err != nil {
		return nil, nil, fmt.Errorf("replace stdin: %w", err)
	}
	return stdin, master, unix.Close(slave)
}

// cStrings is args as C's argv.
func cStrings(args []string) []*byte {
	argv := make([]*byte, 0, len(args)+1)
	for _, arg := range args {
		text := append([]byte(arg), 0)
		argv = append(argv, &text[0])
	}
	return append(argv, nil)
}
