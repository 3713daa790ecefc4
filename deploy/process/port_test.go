package process

import (
	"fmt"
	"net"
	"os"
	"testing"
)

// A port that is taken is given to no other process, whether anybody listens on it or not: its lock ends with us, and
// here a second open file stands for another process. It is none that the kernel gives to whoever asks for any port.
func TestTakenPortIsNobodyElses(t *testing.T) {
	ports := make([]int, 20)
	given := map[int]bool{}
	for i := range ports {
		if err := TakePorts(t.Context(), &ports[i]); err != nil {
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
	if ok, err := lockPort(t.Context(), dir, ports[0]); !ok || err != nil {
		t.Fatalf("lock: %v, %v", ok, err)
	}
	if ok, err := lockPort(t.Context(), dir, ports[0]); ok || err != nil {
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
	if ok, err := lockPort(t.Context(), t.TempDir(), port); ok || err != nil {
		t.Errorf("lock: %v, %v, want false", ok, err)
	}
	asked := port
	if err := TakePorts(t.Context(), &asked); err != nil || asked != port {
		t.Errorf("a port that was asked for became %d, %v, want %d", asked, err, port)
	}
}
