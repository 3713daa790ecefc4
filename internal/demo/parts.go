package demo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/attune-health/attune/deploy/embedded"
	"github.com/attune-health/attune/internal/config"
	"github.com/attune-health/attune/internal/exit"
)

// Parts are the servers of a demo: Kafka, schema registry and ClickHouse on this machine.
type Parts struct {
	Broker     *embedded.Broker
	Registry   *embedded.Registry
	ClickHouse *embedded.ClickHouse
	dir        string
	// The directory is ours and goes with the demo.
	remove bool
	// forget undoes what is to be done if the process ends at once.
	forget func()
}

// StartParts starts the servers concurrently in dir; an empty dir means a temporary one.
func StartParts(ctx context.Context, dir string) (*Parts, error) {
	p := &Parts{dir: dir}
	if dir == "" {
		temporary, err := os.MkdirTemp("", "attune-demo-")
		if err != nil {
			return nil, err
		}
		p.dir, p.remove = temporary, true
	}
	p.forget = exit.Lastly(p.abandon)
	for _, sub := range []string{"kafka", "registry", "clickhouse"} {
		if err := os.MkdirAll(filepath.Join(p.dir, sub), 0o755); err != nil {
			return nil, err
		}
	}
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() (err error) {
		p.Broker, err = embedded.StartBroker(gctx, embedded.BrokerConfig{Dir: filepath.Join(p.dir, "kafka")})
		return err
	})
	g.Go(func() (err error) {
		p.Registry, err = embedded.StartRegistry(gctx, embedded.RegistryConfig{Dir: filepath.Join(p.dir, "registry")})
		return err
	})
	g.Go(func() (err error) {
		p.ClickHouse, err = startClickHouse(gctx, p.dir, true)
		return err
	})
	if err := g.Wait(); err != nil {
		return nil, errors.Join(exit.Unavailable(err), p.Close())
	}
	return p, nil
}

// startClickHouse starts the embedded engine on the ClickHouse part of a demo's directory. While calls are waited for it
// yields to them: it has many threads, and on two processors each call waited for seconds.
func startClickHouse(ctx context.Context, dir string, yields bool) (*embedded.ClickHouse, error) {
	return embedded.StartClickHouse(ctx, embedded.ClickHouseConfig{Dir: filepath.Join(dir, "clickhouse"), Yields: yields, Progress: embedded.NewProgress(os.Stderr)})
}

// addresses says where other clients can connect.
func (d *Demo) addresses() []string {
	p := d.parts
	return []string{
		"Desk        " + d.desk.Invite(),
		"Kafka       " + p.Broker.Addr(),
		"Registry    " + p.Registry.URL(),
		"ClickHouse  native " + p.ClickHouse.NativeAddr() + "  http " + p.ClickHouse.HTTPAddr(),
		"Metrics     http://" + d.tel.Addr() + "/metrics",
	}
}

// Point makes a configuration use the parts.
func (p *Parts) Point(c *config.Config) {
	c.Kafka.Brokers = []string{p.Broker.Addr()}
	c.Registry.URL = p.Registry.URL()
	c.Desk.Dir = filepath.Join(p.dir, "desk")
	c.ClickHouse.DSN = ""
	c.ClickHouse.Addr = []string{p.ClickHouse.NativeAddr()}
}

// abandon leaves nothing behind where there is no time to stop the servers. They write until the end, so that the
// directory may need more than one try.
func (p *Parts) abandon() {
	if !p.remove {
		return
	}
	if p.ClickHouse != nil {
		_ = p.ClickHouse.Kill()
	}
	for range 10 {
		if os.RemoveAll(p.dir) == nil {
			return
		}
	}
}

// Close stops the servers, and removes the directory where it is the demo's own.
func (p *Parts) Close() error {
	defer p.forget()
	var errs []error
	if p.ClickHouse != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		errs = append(errs, p.ClickHouse.Stop(ctx))
		cancel()
	}
	if p.Registry != nil {
		errs = append(errs, p.Registry.Close())
	}
	if p.Broker != nil {
		errs = append(errs, p.Broker.Close())
	}
	if p.remove {
		errs = append(errs, os.RemoveAll(p.dir))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("stop the embedded parts: %w", err)
	}
	return nil
}

// OpenData starts ClickHouse on what a demo left and makes the configuration use it.
func OpenData(ctx context.Context, c *config.Config, dir string) (func() error, error) {
	if _, err := os.Stat(filepath.Join(dir, "clickhouse")); err != nil {
		return nil, exit.Usage(fmt.Errorf("--data: %s holds no data of a demo: %w", dir, err))
	}
	server, err := startClickHouse(ctx, dir, false)
	if err != nil {
		return nil, exit.Unavailable(err)
	}
	c.ClickHouse.DSN, c.ClickHouse.Addr = "", []string{server.NativeAddr()}
	return func() error { return server.Stop(context.WithoutCancel(ctx)) }, nil
}
