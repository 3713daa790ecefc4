package kafka

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/segmentio/kafka-go/protocol"
)

// Dial connects to a cluster, and checks that it answers, accepts us and is new enough. Its errors
// say in one line what is wrong and what to do.
func Dial(ctx context.Context, cfg Config) (*Cluster, error) {
	c, err := newCluster(cfg)
	if err != nil {
		return nil, err
	}
	if err := c.hello(ctx); err != nil {
		_ = c.Close() // closes idle connections only, cannot fail
		return nil, err
	}
	return c, nil
}

// IsAway says of an error of Dial that nobody has answered, as while brokers are started. A broker that hangs up may want TLS
// or a log-in, too: no client can tell.
func IsAway(err error) bool {
	var op *net.OpError
	var dns *net.DNSError
	switch {
	case errors.As(err, &dns):
		return true
	case errors.As(err, &op):
		return op.Op == "dial" || op.Op == "read" || op.Op == "write"
	}
	return errors.Is(err, io.EOF)
}

func (c *Cluster) hello(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.DialTimeout)
	defer cancel()
	v, err := c.apiVersions(ctx)
	if err != nil {
		return c.explain(err)
	}
	if err := v.check(); err != nil {
		return fmt.Errorf("kafka at %s: %w", strings.Join(c.cfg.Brokers, ","), err)
	}
	c.versions = v
	// ApiVersions is answered before log-in; metadata is not.
	if _, err := c.metadata(ctx, []string{}); err != nil {
		return c.explain(err)
	}
	return c.reach(ctx)
}

// reachTimeout bounds the attempt to reach all brokers: somebody waits for the first word of a start.
const reachTimeout = 3 * time.Second

// reach dials every broker where the cluster says that it is. What answers at kafka.brokers may direct us to addresses
// that mean nothing here, and every request after the first would go there. Where one is reached the others may be
// away for now, and are told of by Unreachable only.
func (c *Cluster) reach(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, reachTimeout)
	defer cancel()
	c.layout.mu.Lock()
	brokers := maps.Clone(c.layout.brokers)
	c.layout.mu.Unlock()
	errs := make([]error, len(brokers))
	var dials sync.WaitGroup
	for i, node := range slices.Sorted(maps.Keys(brokers)) {
		dials.Go(func() {
			conn, err := c.transport.Dial(ctx, "tcp", brokers[node])
			if err == nil {
				_ = conn.Close() // nothing was sent
				return
			}
			errs[i] = fmt.Errorf("kafka at %s: broker %d is advertised as %s, which cannot be reached: make the name resolve and the port answer here, or correct the broker's advertised.listeners (%w)",
				strings.Join(c.cfg.Brokers, ","), node, brokers[node], err)
		})
	}
	dials.Wait()
	c.unreachable = slices.DeleteFunc(errs, func(err error) bool { return err == nil })
	if len(brokers) > 0 && len(c.unreachable) == len(brokers) {
		return errors.Join(c.unreachable...)
	}
	return nil
}

// Unreachable says which brokers the cluster advertises at addresses that could not be reached when we dialled.
func (c *Cluster) Unreachable() []error { return c.unreachable }

// versions is what a broker can do.
type versions struct {
	// Lowest and highest version of each API.
	apis map[int16][2]int16
	// Finalized feature levels.
	features map[string]int16
}

// needed are the API versions that we speak, all there since Kafka 2.8 and still in 4.x.
var needed = [...]struct {
	key, version int16
	name         string
}{
	{apiProduce, 8, "Produce"}, {apiFetch, 11, "Fetch"}, {apiListOffsets, 5, "ListOffsets"}, {apiMetadata, 10, "Metadata"},
	{apiOffsetCommit, 7, "OffsetCommit"}, {apiOffsetFetch, 7, "OffsetFetch"}, {apiFindCoordinator, 2, "FindCoordinator"},
	{apiLeaveGroup, 3, "LeaveGroup"}, {apiDescribeGroups, 3, "DescribeGroups"}, {apiInitProducerID, 4, "InitProducerId"}, {apiAddPartitionsToTxn, 3, "AddPartitionsToTxn"}, {apiAddOffsetsToTxn, 3, "AddOffsetsToTxn"},
	{apiEndTxn, 3, "EndTxn"}, {apiTxnOffsetCommit, 3, "TxnOffsetCommit"},
}

// check reports an API version that the broker lacks.
func (v *versions) check() error {
	for _, n := range needed {
		if r, ok := v.apis[n.key]; !ok || n.version < r[0] || n.version > r[1] {
			return fmt.Errorf("the broker does not speak %s version %d: Kafka 2.8 or newer is needed", n.name, n.version)
		}
	}
	return nil
}

// apiName names an API.
func apiName(key int16) string {
	for _, n := range needed {
		if n.key == key {
			return n.name
		}
	}
	return protocol.ApiKey(key).String()
}

// transactions2 says whether the cluster runs transactions version 2 (KIP-890): producing adds
// partitions to the transaction, and each transaction has an epoch of its own.
func (v *versions) transactions2() bool {
	return v.features["transaction.version"] >= 2 && v.apis[apiProduce][1] >= 12 &&
		v.apis[apiTxnOffsetCommit][1] >= 5 && v.apis[apiEndTxn][1] >= 5
}

// Features returns the cluster's finalized feature levels, such as transaction.version.
func (c *Cluster) Features() map[string]int16 { return maps.Clone(c.versions.features) }

// Version names the oldest Kafka release to which the cluster's finalized metadata.version belongs;
// "unknown" if it has none (before 3.0, with ZooKeeper, or not Apache's).
func (c *Cluster) Version() string {
	level := c.versions.features["metadata.version"]
	release := "unknown"
	for _, r := range [...]struct {
		level   int16
		release string
	}{{1, "3.0"}, {2, "3.1"}, {3, "3.2"}, {4, "3.3"}, {8, "3.4"}, {9, "3.5"}, {12, "3.6"}, {15, "3.7"}, {20, "3.8"}, {21, "3.9"}, {22, "4.0"}, {26, "4.1"}, {28, "4.2"}, {30, "4.3"}, {31, "4.4"}, {34, "4.5"}} {
		if level >= r.level {
			release = r.release
		}
	}
	return release
}

func (c *Cluster) apiVersions(ctx context.Context) (versions, error) {
	w := writer{flex: true}
	w.string("attune")
	w.string("1")
	w.tags()
	rq := &call{key: apiApiVersions, version: 3, node: anyBroker, body: w.b}
	if err := c.roundTrip(ctx, rq, 0); err != nil {
		return versions{}, err
	}
	return readAPIVersions(rq.resp)
}

func readAPIVersions(body []byte) (versions, error) {
	r := reader{b: body, flex: true} // the response header of this API is never flexible
	if code := Code(r.int16()); code == codeUnsupportedVersion {
		return versions{apis: map[int16][2]int16{}}, nil // too old; check says so
	} else if code != 0 {
		return versions{}, code
	}
	v := versions{apis: map[int16][2]int16{}, features: map[string]int16{}}
	for n := r.array(7); n > 0; n-- {
		key, low, high := r.int16(), r.int16(), r.int16()
		v.apis[key] = [2]int16{low, high}
		r.tags()
	}
	r.int32() // throttle
	for n := r.uvarint(); n > 0 && !r.bad; n-- {
		tag := r.uvarint()
		field := reader{b: r.take(r.uvarint()), flex: true}
		if tag != 2 { // finalized features
			continue
		}
		for m := field.array(6); m > 0; m-- {
			name := field.string()
			v.features[name] = field.int16()
			field.int16()
			field.tags()
		}
	}
	return v, r.err()
}

// explain says in one line what a failed connection means and what to do about it.
func (c *Cluster) explain(err error) error {
	at := "kafka at " + strings.Join(c.cfg.Brokers, ",")
	var (
		record    tls.RecordHeaderError
		authority x509.UnknownAuthorityError
		host      x509.HostnameError
		invalid   x509.CertificateInvalidError
		alert     tls.AlertError
		code      Code
		token     *tokenError
		aws       *credentialsError
		op        *net.OpError
		dns       *net.DNSError
	)
	switch {
	case errors.As(err, &record):
		return fmt.Errorf("%s: the listener does not speak TLS: use its TLS port or set kafka.tls.enabled to false (%w)", at, err)
	case errors.As(err, &authority):
		return fmt.Errorf("%s: the broker's certificate is signed by an unknown authority: set kafka.tls.ca_file to its CA (%w)", at, err)
	case errors.As(err, &host):
		return fmt.Errorf("%s: the broker's certificate is for another name: correct kafka.brokers or set kafka.tls.server_name (%w)", at, err)
	case errors.As(err, &invalid):
		return fmt.Errorf("%s: the broker's certificate is not valid (%w)", at, err)
	case errors.As(err, &alert):
		return fmt.Errorf("%s: the broker refused TLS: it may ask for a client certificate, kafka.tls.cert_file and key_file (%w)", at, err)
	case errors.As(err, &token), errors.As(err, &aws):
		return fmt.Errorf("%s: %w", at, err)
	case errors.As(err, &code) && code == codeSASLFailed && c.cfg.SASL.Mechanism == awsMSKIAM:
		return fmt.Errorf("%s: the token is refused: check kafka.sasl.aws_region, this machine's clock, and that the policy of the AWS identity allows kafka-cluster:Connect (%w)", at, err)
	case errors.As(err, &code) && code == codeSASLFailed && c.cfg.SASL.Mechanism == "OAUTHBEARER":
		return fmt.Errorf("%s: the token is refused: check its issuer, audience and expiry, and kafka.sasl.extensions (%w)", at, err)
	case errors.As(err, &code) && code == codeSASLFailed:
		return fmt.Errorf("%s: log-in refused: check kafka.sasl.username and password (%w)", at, err)
	case errors.As(err, &code) && (code == 33 || code == 34):
		return fmt.Errorf("%s: the listener does not accept kafka.sasl.mechanism %q (%w)", at, c.cfg.SASL.Mechanism, err)
	case errors.As(err, &dns):
		return fmt.Errorf("%s: host name not found: correct kafka.brokers (%w)", at, err)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &op) && op.Timeout():
		return fmt.Errorf("%s: no answer within %v: check the address, the firewall and whether the listener %s TLS (kafka.tls) (%w)", at, c.cfg.DialTimeout, c.speaks(), err)
	case errors.As(err, &op) && op.Op == "dial":
		return fmt.Errorf("%s: no broker answers: start Kafka or correct kafka.brokers (%w)", at, err)
	}
	return fmt.Errorf("%s: %s (%w)", at, c.hangUp(err), err)
}

// speaks is what may be wrong with TLS: that we do not use it, or that the listener does not.
func (c *Cluster) speaks() string {
	if c.cfg.TLS.Enabled {
		return "speaks"
	}
	return "wants"
}

// hangUp guesses why a broker closed the connection without an answer.
func (c *Cluster) hangUp(err error) string {
	switch {
	case c.cfg.TLS.Enabled && c.cfg.SASL.Mechanism == "":
		return "the broker hung up: does the listener speak TLS, which kafka.tls asks for, or does it want a log-in (kafka.sasl)?"
	case !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) && !strings.Contains(err.Error(), "connection reset"):
		return "the broker's answer makes no sense: does the listener want TLS (kafka.tls)?"
	case c.cfg.SASL.Mechanism != "":
		return "the broker hung up during log-in: check kafka.sasl (mechanism, username, password) and whether the listener " + c.speaks() + " TLS (kafka.tls)"
	default:
		return "the broker hung up: does the listener want TLS (kafka.tls) or a log-in (kafka.sasl)?"
	}
}
