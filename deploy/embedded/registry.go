package embedded

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/sr/srfake"

	"github.com/attune-health/attune/deploy/process"
)

// RegistryConfig says how the embedded schema registry runs.
type RegistryConfig struct {
	// Dir holds the journal. Required: the records that the broker keeps contain schema ids, so the ids must
	// survive a restart.
	Dir string
	// Port to listen on; 0 takes a free one, which this process keeps until it ends.
	Port int
}

// Validate reports every problem of the configuration.
func (c *RegistryConfig) Validate() error {
	var errs []error
	if c.Dir == "" {
		errs = append(errs, errors.New("registry: Dir is empty"))
	}
	if c.Port < 0 || c.Port > 65535 {
		errs = append(errs, fmt.Errorf("registry: port %d is not in 0..65535", c.Port))
	}
	return errors.Join(errs...)
}

// Registry is a running schema registry that speaks the Confluent API. It accepts every schema as compatible;
// compatibility is checked where schemas are made.
type Registry struct {
	url     string
	server  *http.Server
	journal *registryJournal
	lock    *os.File
	served  chan error
}

// StartRegistry starts the registry with the schemas, ids and settings that the directory holds.
func StartRegistry(ctx context.Context, cfg RegistryConfig) (*Registry, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if err := process.TakePorts(&cfg.Port); err != nil {
		return nil, fmt.Errorf("start registry: %w", err)
	}
	lock, err := process.LockDir(ctx, cfg.Dir)
	if err != nil {
		return nil, fmt.Errorf("start registry: %w", err)
	}
	journal, err := openRegistryJournal(cfg.Dir, srfake.NewRegistry().Handler())
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start registry: %w", err), lock.Close())
	}
	process.AwaitPort(ctx, cfg.Port)
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(cfg.Port)))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start registry: %w", err), journal.Close(), lock.Close())
	}
	r := &Registry{
		url:     "http://" + listener.Addr().String(),
		server:  &http.Server{Handler: journal, ReadHeaderTimeout: 10 * time.Second},
		journal: journal,
		lock:    lock,
		served:  make(chan error, 1),
	}
	go func() { r.served <- r.server.Serve(listener) }()
	return r, nil
}

// URL is the registry's base address.
func (r *Registry) URL() string { return r.url }

// Close stops the registry; its directory keeps everything.
func (r *Registry) Close() error {
	err := r.server.Close()
	if served := <-r.served; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	if err = errors.Join(err, r.journal.Close(), r.lock.Close()); err != nil {
		return fmt.Errorf("close registry: %w", err)
	}
	return nil
}
