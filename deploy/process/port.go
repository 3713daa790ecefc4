package process

import (
	"context"
	"fmt"
	"net"
	"strconv"
)

// TakePorts fills in a free port of 127.0.0.1 where there is a 0. Until the server listens, another process can take
// it; the server then fails to start and says so.
func TakePorts(ctx context.Context, ports ...*int) error {
	for _, port := range ports {
		if *port != 0 {
			continue
		}
		listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			return fmt.Errorf("find a free port: %w", err)
		}
		// Kept to the end, so that no port is given out twice.
		defer listener.Close()
		*port = listener.Addr().(*net.TCPAddr).Port
	}
	return nil
}

// Loopback is the address of a port on this machine.
func Loopback(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }
