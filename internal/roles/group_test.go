package roles

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/attune-health/attune/internal/config"
)

// TestGroupIsStoppedWhileItBeginsThenThatIsNoFailure: it waits for a broker that says nothing, as it does for a
// transaction of a process that was killed.
func TestGroupIsStoppedWhileItBeginsThenThatIsNoFailure(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	c := config.Default()
	c.Kafka.Brokers = []string{silent.Addr().String()}
	c.Run.IdentityKey = "a key of sixteen bytes at least"
	g := Group{Members: []string{"run"}, Version: "test"}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- g.Run(ctx, &c) }()
	if conn, err := silent.Accept(); err != nil {
		t.Error(err)
	} else {
		defer conn.Close()
	}
	stop()
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("got %v", err)
		}
	case <-time.After(time.Minute):
		t.Fatal("it does not end")
	}
}
