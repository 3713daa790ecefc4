package kafka

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/sasl"

	"github.com/attune-health/attune/pipeline"
)

var _ pipeline.Cluster = (*Cluster)(nil)

// Cluster is a connection to a Kafka cluster that has answered. It is safe for concurrent use.
type Cluster struct {
	cfg       Config
	sasl      sasl.Mechanism
	addr      net.Addr
	transport *kafkago.Transport
	versions  versions
	codecs    *codecs
	layout    layout
	names     *topicNames
	watch     func(api string, took time.Duration)
	throttle  throttle
	clock     clock
	// Brokers that the cluster advertises and that did not let us in when we dialled.
	unreachable []error
}

// newCluster makes the connection pool. It does not dial.
func newCluster(cfg Config) (*Cluster, error) {
	cfg.SetDefaults()
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if _, err := cfg.TLS.config(); err != nil {
		return nil, err
	}
	m, err := cfg.SASL.mechanism()
	if err != nil {
		return nil, fmt.Errorf("kafka.sasl: %w", err)
	}
	c := &Cluster{cfg: cfg, sasl: m, addr: kafkago.TCP(cfg.Brokers...), codecs: newCodecs(cfg.MaxDecompressedBytes), names: newNames(&cfg)}
	c.layout = layout{topics: map[string]*topicLayout{}, coordinators: map[coordinator]int32{}}
	c.transport = &kafkago.Transport{
		DialTimeout: cfg.DialTimeout,
		ClientID:    cfg.ClientID,
		Dial:        c.dial,
		SASL:        m,
		// Transport learns the brokers only: an empty list, unlike nil, asks for no topic. Leaders are
		// ours (route.go), since Transport would not look again when told that one has moved.
		MetadataTopics: []string{},
		MetadataTTL:    time.Second,
	}
	return c, nil
}

// Close closes the connections. Close fetchers, producers and groups before.
func (c *Cluster) Close() error {
	c.transport.CloseIdleConnections()
	return nil
}

// Watch calls see for every request that is answered, with the name of its API and how long the
// answer took. Call it before the cluster is used. see must be safe for concurrent use.
func (c *Cluster) Watch(see func(api string, took time.Duration)) { c.watch = see }

// NewFetcher returns a fetcher without partitions; give it some by Assign.
func (c *Cluster) NewFetcher(fc pipeline.FetcherConfig) pipeline.Fetcher { return newFetcher(c, fc) }

// NewProducer returns a producer that needs Init.
func (c *Cluster) NewProducer(pc pipeline.ProducerConfig) pipeline.Producer {
	return newProducer(c, pc)
}

// roundTrip sends one request and waits for its answer, for RequestTimeout plus wait at most. Pauses that
// the broker asks for come before, and do not count; those of Produce are kept by Rest.
func (c *Cluster) roundTrip(ctx context.Context, rq *call, wait time.Duration) error {
	if rq.key != apiProduce {
		if err := c.throttle.calm(ctx, rq.node, rq.key); err != nil {
			return err
		}
	}
	// The connection may be one that the broker does not read from for now.
	wait += min(muteLimit, c.throttle.left(func(k throttled) bool { return rq.node == anyBroker || k.node == rq.node }))
	ctx, cancel := context.WithTimeout(ctx, c.cfg.RequestTimeout+wait)
	defer cancel()
	rq.client, rq.names = c.cfg.ClientID, c.names
	var began time.Time
	if c.watch != nil {
		began = time.Now()
	}
	_, err := c.transport.RoundTrip(ctx, c.addr, rq)
	if errors.Is(err, errMuted) {
		err = nil
	}
	if c.watch != nil && err == nil {
		c.watch(apiName(rq.key), time.Since(began))
	}
	if err == nil {
		c.throttle.answered(rq.node, rq.key, rq.pause)
	}
	return fromTransport(err)
}
