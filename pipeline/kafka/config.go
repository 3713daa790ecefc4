package kafka

import (
	"errors"
	"fmt"
	"net"
	"time"
)

// Config says how to reach a Kafka cluster. The zero value reaches localhost:9092 in clear text.
type Config struct {
	// Brokers are the addresses (host:port) to begin with; they name the other brokers. Default
	// localhost:9092.
	Brokers []string `yaml:"brokers"`
	// ClientID names this program in the broker's logs and quotas. Default attune.
	ClientID string `yaml:"client_id"`
	// TLS encrypts connections and authenticates brokers (and us, with a certificate).
	TLS TLS `yaml:"tls"`
	// SASL authenticates us.
	SASL SASL `yaml:"sasl"`
	// DialTimeout bounds one connection attempt including TLS and SASL. Default 5 s.
	DialTimeout time.Duration `yaml:"dial_timeout"`
	// RequestTimeout bounds one request. Default 10 s: a broker that is silent for longer counts as
	// dead, well within the time that a group's rebalance allows.
	RequestTimeout time.Duration `yaml:"request_timeout"`
	// RetryTimeout bounds the retries of one operation. Default 30 s: coordinators of a restarted
	// broker are back within that.
	RetryTimeout time.Duration `yaml:"retry_timeout"`
	// MaxDecompressedBytes bounds what one compressed batch may expand to. Default 64 MiB, above any
	// sensible max.message.bytes and far below what a decompression bomb needs to hurt.
	MaxDecompressedBytes int `yaml:"max_decompressed_bytes"`
	// TopicPrefix begins the name that the cluster has for each of our topics. Logs, metrics and tables know topics
	// without it. Groups and transactional ids begin with run.group and sink.group.
	TopicPrefix string `yaml:"topic_prefix"`
	// TopicNames gives single topics the names that they have there, prefix and all: touchpoints.web=web.events.
	TopicNames []string `yaml:"topic_names"`
}

// TLS describes the transport security of a cluster's connections.
type TLS struct {
	// Enabled turns TLS on.
	Enabled bool `yaml:"enabled"`
	// CAFile holds the PEM certificates that brokers' certificates must descend from. Default: the
	// system's.
	CAFile string `yaml:"ca_file"`
	// CertFile holds our own PEM certificate, for mutual TLS. It goes with KeyFile.
	CertFile string `yaml:"cert_file"`
	// KeyFile holds the PEM key of CertFile.
	KeyFile string `yaml:"key_file"`
	// ServerName is what the broker's certificate must name. Default: the host dialled.
	ServerName string `yaml:"server_name"`
}

// Secret is a string that prints as asterisks, so that a printed config shows no password.
type Secret string

const hidden = "********"

// String implements fmt.Stringer.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return hidden
}

// GoString implements fmt.GoStringer.
func (s Secret) GoString() string { return `"` + s.String() + `"` }

// MarshalText implements encoding.TextMarshaler.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *Secret) UnmarshalText(b []byte) error {
	*s = Secret(b)
	return nil
}

// SetDefaults fills in what is zero.
func (c *Config) SetDefaults() {
	if len(c.Brokers) == 0 {
		c.Brokers = []string{"localhost:9092"}
	}
	if c.ClientID == "" {
		c.ClientID = "attune"
	}
	if c.DialTimeout == 0 {
		c.DialTimeout = 5 * time.Second
	}
	if c.RequestTimeout == 0 {
		c.RequestTimeout = 10 * time.Second
	}
	if c.RetryTimeout == 0 {
		c.RetryTimeout = 30 * time.Second
	}
	if c.MaxDecompressedBytes == 0 {
		c.MaxDecompressedBytes = 64 << 20
	}
}

// Validate reports every problem of the config.
func (c *Config) Validate() error {
	var errs []error
	for _, b := range c.Brokers {
		if host, port, err := net.SplitHostPort(b); err != nil || host == "" || port == "" {
			errs = append(errs, fmt.Errorf("kafka.brokers: %q is not host:port", b))
		}
	}
	for name, d := range map[string]time.Duration{"dial_timeout": c.DialTimeout, "request_timeout": c.RequestTimeout, "retry_timeout": c.RetryTimeout} {
		if d < 0 {
			errs = append(errs, fmt.Errorf("kafka.%s: %v is negative", name, d))
		}
	}
	if c.MaxDecompressedBytes < 0 {
		errs = append(errs, errors.New("kafka.max_decompressed_bytes is negative"))
	}
	return errors.Join(append(errs, c.TLS.validate(), c.SASL.validate(), c.validateNames())...)
}

func (t *TLS) validate() error {
	if !t.Enabled {
		if t.CAFile != "" || t.CertFile != "" || t.KeyFile != "" || t.ServerName != "" {
			return errors.New("kafka.tls: settings are given but tls.enabled is false")
		}
		return nil
	}
	if (t.CertFile == "") != (t.KeyFile == "") {
		return errors.New("kafka.tls: cert_file and key_file go together")
	}
	return nil
}
