package kafka

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kversion"

	"github.com/attune-health/attune/deploy/process"
	"github.com/attune-health/attune/pipeline"
)

// certificate makes a self-signed one for 127.0.0.1 and its PEM file.
func certificate(t *testing.T) (tls.Certificate, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "broker"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, file
}

func TestDialOverTLSWithLogIn(t *testing.T) {
	cert, ca := certificate(t)
	fake := newFake(t, kfake.TLS(&tls.Config{Certificates: []tls.Certificate{cert}}), kfake.EnableSASL(),
		kfake.Superuser("PLAIN", "plain", "secret"), kfake.Superuser("SCRAM-SHA-256", "scram256", "secret"), kfake.Superuser("SCRAM-SHA-512", "scram512", "secret"))
	for user, mechanism := range map[string]string{"plain": "PLAIN", "scram256": "SCRAM-SHA-256", "scram512": "SCRAM-SHA-512"} {
		t.Run(mechanism, func(t *testing.T) {
			cfg := Config{Brokers: fake.ListenAddrs(), TLS: TLS{Enabled: true, CAFile: ca}, SASL: SASL{Mechanism: mechanism, Username: user, Password: "secret"}}
			c, err := Dial(t.Context(), cfg)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			r := &rig{t: t, c: c, fake: fake, brokers: cfg.Brokers, suffix: user}
			out := r.topic("out", 1)
			p := r.producer(pipeline.ProducerConfig{TransactionalID: "w"})
			r.send(p, out, 0, "a")
			if got := r.read(out); len(got) != 1 {
				t.Errorf("read %v", got)
			}
			g := r.join("g", out) // its connections are another dialer's
			r.next(g).End()

			cfg.SASL.Password = "wrong"
			wantDialError(t, cfg, "check kafka.sasl")
			cfg.SASL = SASL{}
			wantDialError(t, cfg, "kafka.sasl")
		})
	}
}

func wantDialError(t *testing.T, cfg Config, want string) {
	t.Helper()
	if cfg.DialTimeout == 0 {
		cfg.DialTimeout = patience // running out of it says something else than what is wrong
	}
	c, err := Dial(context.Background(), cfg)
	if err == nil {
		_ = c.Close()
		t.Fatalf("dial succeeded, want an error with %q", want)
	}
	if !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
		t.Errorf("dial: %v\nwant one line with %q", err, want)
	}
}

func TestDialSaysWhatIsWrong(t *testing.T) {
	cert, ca := certificate(t)
	_, other := certificate(t)
	plain := newFake(t).ListenAddrs()
	secure := newFake(t, kfake.TLS(&tls.Config{Certificates: []tls.Certificate{cert}})).ListenAddrs()
	old := newFake(t, kfake.MaxVersions(kversion.V2_4_0())).ListenAddrs()
	_, port, err := net.SplitHostPort(secure[0])
	if err != nil {
		t.Fatal(err)
	}
	var free int // nobody listens there, and nobody else is given it
	if err := process.TakePorts(&free); err != nil {
		t.Fatal(err)
	}
	nobody := process.Loopback(free)
	for name, c := range map[string]struct {
		cfg  Config
		want string
	}{
		"unreachable":     {Config{Brokers: []string{nobody}}, "no broker answers"},
		"no such host":    {Config{Brokers: []string{"broker.invalid:9092"}}, "correct kafka.brokers"},
		"not an address":  {Config{Brokers: []string{"broker"}}, "is not host:port"},
		"tls to plain":    {Config{Brokers: plain, TLS: TLS{Enabled: true}, DialTimeout: 300 * time.Millisecond}, "whether the listener speaks TLS (kafka.tls)"}, // never answered
		"plain to tls":    {Config{Brokers: secure}, "want TLS (kafka.tls)"},
		"unknown CA":      {Config{Brokers: secure, TLS: TLS{Enabled: true, CAFile: other}}, "kafka.tls.ca_file"},
		"wrong name":      {Config{Brokers: []string{"localhost:" + port}, TLS: TLS{Enabled: true, CAFile: ca}}, "server_name"},
		"old broker":      {Config{Brokers: old}, "Kafka 2.8 or newer"},
		"mechanism":       {Config{Brokers: plain, SASL: SASL{Mechanism: "GSSAPI", Username: "u", Password: "p"}}, "is none of PLAIN"},
		"missing CA file": {Config{Brokers: secure, TLS: TLS{Enabled: true, CAFile: "/nonexistent.pem"}}, "kafka.tls.ca_file"},
	} {
		t.Run(name, func(t *testing.T) { wantDialError(t, c.cfg, c.want) })
	}
}

func TestConfigHidesThePassword(t *testing.T) {
	c := Config{SASL: SASL{Mechanism: "PLAIN", Username: "u", Password: "open sesame"}}
	text, err := c.SASL.Password.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{fmt.Sprint(c), fmt.Sprintf("%+v %#v %s %q", c, c, c.SASL.Password, c.SASL.Password), string(text)} {
		if strings.Contains(s, "sesame") {
			t.Errorf("printed %s", s)
		}
	}
}

func TestConfigReportsEveryProblem(t *testing.T) {
	c := Config{Brokers: []string{"a", "b:1", ":9092"}, DialTimeout: -1, TLS: TLS{CAFile: "x"}, SASL: SASL{Mechanism: "PLAIN"}}
	err := c.Validate()
	if err == nil {
		t.Fatal("valid")
	}
	for _, want := range []string{`"a"`, `":9092"`, "dial_timeout", "tls.enabled", "username"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no word of %s in %v", want, err)
		}
	}
}

func TestErrorsHaveTheKindThatDecides(t *testing.T) {
	for code, want := range map[Code]pipeline.Kind{
		22: pipeline.KindFenced, 25: pipeline.KindFenced, 27: pipeline.KindFenced, 47: pipeline.KindFenced, 48: pipeline.KindFenced, 49: pipeline.KindFenced, 90: pipeline.KindFenced,
		14: pipeline.KindTransient, 15: pipeline.KindTransient, 16: pipeline.KindTransient, 51: pipeline.KindTransient, 3: pipeline.KindTransient, 45: pipeline.KindTransient,
		10: pipeline.KindRefused, 29: pipeline.KindTransient, 53: pipeline.KindTransient, 87: 0,
	} {
		err := wrap("step", fmt.Errorf("topic/1: %w", code))
		if got := pipeline.KindOf(err); got != want {
			t.Errorf("%v has kind %v, want %v", code, got, want)
		}
		if !errors.Is(err, code) {
			t.Errorf("%v is lost in %v", code, err)
		}
	}
}
