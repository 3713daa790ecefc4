package process

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"sync"
	"testing"
)

// A port that is taken is given to no other process, whether anybody listens on it or not: its lock ends with us, and
// here a second open file stands for another process. It is none that the kernel gives to whoever asks for any port.
func TestTakenPortIsNobodyElses(t *testing.T) {
	ports := make([]int, 20)
	given := map[int]bool{}
	for i := range ports {
		if err := TakePorts(&ports[i]); err != nil {
			t.Fatal(err)
		}
		if given[ports[i]] {
			t.Errorf("port %d was given twice", ports[i])
		}
		given[ports[i]] = true
		listener, err := net.Listen("tcp", Loopback(ports[i]))
		if err != nil {
			t.Fatalf("listen on a taken port: %v", err)
		}
		if err := listener.Close(); err != nil {
			t.Error(err)
		}
	}
	dir := t.TempDir()
	if ok, err := lockPort(dir, ports[0]); !ok || err != nil {
		t.Fatalf("lock: %v, %v", ok, err)
	}
	if ok, err := lockPort(dir, ports[0]); ok || err != nil {
		t.Errorf("lock once more: %v, %v, want false", ok, err)
	}
	var low, high int
	text, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range")
	if err != nil {
		return
	}
	if _, err := fmt.Sscan(string(text), &low, &high); err != nil {
		t.Fatal(err)
	}
	for _, port := range ports {
		if low >= 11_000 && port >= low && port <= high {
			t.Errorf("port %d is one of the kernel's, %d to %d", port, low, high)
		}
	}
}

func TestPortThatIsListenedOnIsPassedOver(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	port := listener.Addr().(*net.TCPAddr).Port
	if ok, err := lockPort(t.TempDir(), port); ok || err != nil {
		t.Errorf("lock: %v, %v, want false", ok, err)
	}
	asked := port
	if err := TakePorts(&asked); err != nil || asked != port {
		t.Errorf("a port that was asked for became %d, %v, want %d", asked, err, port)
	}
}

// A process that is being started has copies of our files until its program begins. None may be of a listener by which
// a port was tried: the server that the port is for could not listen.
func TestPortIsFreeWhileProcessesAreStarted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var starts sync.WaitGroup
	defer starts.Wait()
	defer cancel()
	for range 4 {
		starts.Go(func() {
			for ctx.Err() == nil {
				if err := exec.Command("true").Run(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 500 {
		var port int
		if err := TakePorts(&port); err != nil {
			t.Fatal(err)
		}
		listener, err := net.Listen("tcp", Loopback(port))
		if err != nil {
			t.Fatal(err)
		}
		if err := listener.Close(); err != nil {
			t.Error(err)
		}
		AwaitPort(t.Context(), port)
		again, err := net.Listen("tcp", Loopback(port))
		if err != nil {
			t.Fatalf("once more: %v", err)
		}
		if err := again.Close(); err != nil {
			t.Error(err)
		}
	}
}
