package embedded

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kversion"

	"github.com/attune-health/attune/deploy/process"
)

// BrokerConfig says how the embedded Kafka-protocol broker runs.
type BrokerConfig struct {
	// Dir holds the log segments, groups and transaction state. Required: with a directory the broker needs 110 MB
	// for 5 M records, without one 2.5 GB.
	Dir string
	// Port to listen on; 0 takes a free one, which this process keeps until it ends.
	Port int
	// SyncWrites syncs each batch to disk. Off by default, as in Apache Kafka: a killed process loses nothing
	// either way; a power cut may lose records.
	SyncWrites bool
	// Config has broker settings by Kafka's names, such as message.max.bytes.
	Config map[string]string
	// MinSessionTimeout is the shortest group session timeout that the broker accepts. 0 is 6 s, as in Apache
	// Kafka.
	MinSessionTimeout time.Duration
}

// Validate reports every problem of the configuration.
func (c *BrokerConfig) Validate() error {
	var errs []error
	if c.Dir == "" {
		errs = append(errs, errors.New("broker: Dir is empty"))
	}
	if c.Port < 0 || c.Port > 65535 {
		errs = append(errs, fmt.Errorf("broker: port %d is not in 0..65535", c.Port))
	}
	return errors.Join(errs...)
}

func (c *BrokerConfig) setDefaults() {
	if c.MinSessionTimeout == 0 {
		c.MinSessionTimeout = 6 * time.Second
	}
}

// Broker is a running Kafka-protocol broker: one node, which creates topics only on request.
type Broker struct {
	cluster *kfake.Cluster
	addr    string
	lock    *os.File
}

// StartBroker starts the broker on what the directory holds.
func StartBroker(ctx context.Context, cfg BrokerConfig) (*Broker, error) {
	cfg.setDefaults()
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if err := process.TakePorts(&cfg.Port); err != nil {
		return nil, fmt.Errorf("start broker: %w", err)
	}
	lock, err := process.LockDir(ctx, cfg.Dir)
	if err != nil {
		return nil, fmt.Errorf("start broker: %w", err)
	}
	process.AwaitPort(ctx, cfg.Port)
	cluster, err := kfake.NewCluster(brokerOptions(cfg)...)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start broker in %s: %w", cfg.Dir, err), lock.Close())
	}
	return &Broker{cluster: cluster, addr: cluster.ListenAddrs()[0], lock: lock}, nil
}

func brokerOptions(cfg BrokerConfig) []kfake.Opt {
	opts := []kfake.Opt{
		kfake.NumBrokers(1),
		kfake.Ports(cfg.Port),
		kfake.DataDir(filepath.Join(cfg.Dir, "data")),
		kfake.GroupMinSessionTimeout(cfg.MinSessionTimeout),
		kfake.MaxVersions(kversion.V4_2_0()), // as the Apache Kafka that attune is tested with
	}
	if cfg.SyncWrites {
		opts = append(opts, kfake.SyncWrites())
	}
	if len(cfg.Config) > 0 {
		opts = append(opts, kfake.BrokerConfigs(cfg.Config))
	}
	return opts
}

// Addr is the host:port of the broker.
func (b *Broker) Addr() string { return b.addr }

// Cluster gives tests access to the broker's fault injection.
func (b *Broker) Cluster() *kfake.Cluster { return b.cluster }

// Close stops the broker; its data stays.
func (b *Broker) Close() error {
	b.cluster.Close()
	if err := b.lock.Close(); err != nil && !errors.Is(err, fs.ErrClosed) {
		return fmt.Errorf("close broker: %w", err)
	}
	return nil
}
