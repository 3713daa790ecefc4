package process

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// TakePorts replaces each 0 by a port of 127.0.0.1, which this process keeps until it ends. The kernel gives the
// port to nobody, neither to a listener that asks for any port nor to an outgoing connection; other processes that
// ask here find it locked. So nobody can take it between this call and the start of a server, or between a server's
// end and its next start.
func TakePorts(ports ...*int) error {
	for _, port := range ports {
		if *port != 0 {
			continue
		}
		var err error
		if *port, err = takePort(); err != nil {
			return fmt.Errorf("find a free port: %w", err)
		}
	}
	return nil
}

// taken keeps the locks of all ports open; they end with the process.
var taken struct {
	sync.Mutex
	locks []*os.File
}

func takePort() (int, error) {
	dir := filepath.Join(os.TempDir(), fmt.Sprintf("attune-ports-%d", os.Getuid()))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return 0, err
	}
	low, high := quietPorts()
	// Each process begins at another port, so that most find one at the first try.
	first := rand.IntN(high - low)
	for i := range high - low {
		port := low + (first+i)%(high-low)
		if ok, err := lockPort(dir, port); err != nil {
			return 0, err
		} else if ok {
			return port, nil
		}
	}
	return 0, fmt.Errorf("all of %d to %d are in use", low, high-1)
}

// lockPort takes a port that nobody listens on and nobody has taken.
func lockPort(dir string, port int) (bool, error) {
	lock, err := os.OpenFile(filepath.Join(dir, strconv.Itoa(port)), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return false, err
	}
	err = unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if err == nil {
		err = tryPort(port)
	}
	if err != nil {
		if errors.Is(err, unix.EWOULDBLOCK) || errors.Is(err, unix.EINTR) || errors.Is(err, syscall.EADDRINUSE) {
			err = nil
		}
		return false, errors.Join(err, lock.Close())
	}
	taken.Lock()
	defer taken.Unlock()
	taken.locks = append(taken.locks, lock)
	return true, nil
}

// tryPort returns an error if somebody listens on a port. It binds the port and does not listen. A process that is
// being started may have a copy of the socket until its own program begins; a socket that is only bound, with
// SO_REUSEADDR, keeps no server from the port. syscall.ForkLock alone does not prevent such copies: among several
// starts at a time it lets readers in between.
func tryPort(port int) error {
	syscall.ForkLock.RLock()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	if err == nil {
		unix.CloseOnExec(fd)
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return err
	}
	err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
	if err == nil {
		err = unix.Bind(fd, &unix.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}})
	}
	return errors.Join(err, unix.Close(fd))
}

// AwaitPort returns when a server of ours that has just closed has left its port. A process that was being started
// at that moment keeps a copy of the listener for some milliseconds, until its own program begins. A port that is
// in use for longer belongs to somebody else, as the error of the next server will say.
func AwaitPort(ctx context.Context, port int) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	_ = Poll(ctx, time.Millisecond, func() (bool, error) { return tryPort(port) == nil, nil })
}

// quietPorts are the ports, from low to below high, that the kernel does not give out by itself.
func quietPorts() (low, high int) {
	low, high = 20_000, 32_768
	text, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range")
	if err != nil {
		return low, high
	}
	var first, last int
	if n, _ := fmt.Sscan(string(text), &first, &last); n != 2 {
		return low, high
	}
	const enough = 1000
	switch {
	case first >= 10_000+enough:
		return max(10_000, first-12_768), first
	case 65_536-(last+1) >= enough:
		return last + 1, 65_536
	}
	// Nearly all ports are the kernel's: the lock at least keeps our own processes apart.
	return low, high
}

// Loopback is the address of a port on this machine.
func Loopback(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }
