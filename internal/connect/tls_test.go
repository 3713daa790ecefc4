package connect

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/attune-health/attune/deploy/embedded"
	"github.com/attune-health/attune/deploy/embeddedtest"
	"github.com/attune-health/attune/internal/config"
	"github.com/attune-health/attune/pipeline/kafka"
	"github.com/attune-health/attune/schemas"
	"github.com/attune-health/attune/sinks/clickhouse"
)

func TestMain(m *testing.M) {
	embedded.RunEngineIfChild()
	os.Exit(m.Run())
}

// authority is a folder of certificates, and what a server does with them: it shows its own, and asks for the client's.
func authority(t *testing.T) (dir string, server *tls.Config) {
	t.Helper()
	dir = t.TempDir()
	if err := embeddedtest.WriteCertificates(dir); err != nil {
		t.Fatal(err)
	}
	pair, err := tls.LoadX509KeyPair(filepath.Join(dir, "broker.pem"), filepath.Join(dir, "broker.pem"))
	if err != nil {
		t.Fatal(err)
	}
	ca, err := os.ReadFile(filepath.Join(dir, "ca.pem"))
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(ca)
	return dir, &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert}
}

// renewed is a server whose certificates change under its clients, and the files of a client that follows.
type renewed struct {
	t       *testing.T
	now     atomic.Pointer[tls.Config]
	ca, own string
}

func newRenewed(t *testing.T) *renewed {
	t.Helper()
	dir := t.TempDir()
	r := &renewed{t: t, ca: filepath.Join(dir, "ca.pem"), own: filepath.Join(dir, "client.pem")}
	r.renewServer(r.renewFiles())
	return r
}

// renewFiles gives the client files of a new authority, and returns the server's side of it.
func (r *renewed) renewFiles() *tls.Config {
	r.t.Helper()
	dir, server := authority(r.t)
	for from, to := range map[string]string{"ca.pem": r.ca, "client.pem": r.own} {
		text, err := os.ReadFile(filepath.Join(dir, from))
		if err == nil {
			err = os.WriteFile(to, text, 0o600)
		}
		if err != nil {
			r.t.Fatal(err)
		}
	}
	return server
}

func (r *renewed) renewServer(c *tls.Config) { r.now.Store(c) }

func (r *renewed) config() *tls.Config {
	return &tls.Config{GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) { return r.now.Load(), nil }}
}

// live runs through what becomes of a client: let in, kept out once the server has other certificates, let in again with the new files.
func (r *renewed) live(ask func() error) {
	r.t.Helper()
	if err := ask(); err != nil {
		r.t.Fatalf("with a certificate: %v", err)
	}
	_, other := authority(r.t)
	r.renewServer(other)
	if err := ask(); err == nil || !strings.Contains(err.Error(), "certificate") {
		r.t.Fatalf("the server has other certificates: %v", err)
	}
	r.renewServer(r.renewFiles())
	if err := ask(); err != nil {
		r.t.Fatalf("with renewed files: %v", err)
	}
}

func TestRegistryAsksForACertificateThenTheOneOfTheMomentIsShown(t *testing.T) {
	registry, err := embedded.StartRegistry(t.Context(), embedded.RegistryConfig{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = registry.Close() })
	inside, err := url.Parse(registry.URL())
	if err != nil {
		t.Fatal(err)
	}
	r := newRenewed(t)
	proxy := httptest.NewUnstartedServer(httputil.NewSingleHostReverseProxy(inside))
	proxy.TLS, proxy.Config.ErrorLog = r.config(), log.New(io.Discard, "", 0)
	proxy.StartTLS()
	t.Cleanup(proxy.Close)

	c := config.Default().Registry
	c.URL, c.CAFile = proxy.URL, r.ca
	ask := func() error {
		files, err := c.TLS()
		if err != nil {
			return err
		}
		client, err := schemas.NewRegistry(schemas.RegistryConfig{URL: c.URL, TLS: files})
		if err != nil {
			return err
		}
		_, err = client.Register(t.Context())
		return err
	}
	if err := ask(); err == nil {
		t.Fatal("let in without a certificate")
	}
	c.CertFile = r.own
	if err := ask(); err == nil || err.Error() != "registry: cert_file and key_file go together" {
		t.Fatalf("without its key: %v", err)
	}
	c.KeyFile = r.own
	files, err := c.TLS()
	if err != nil {
		t.Fatal(err)
	}
	client, err := schemas.NewRegistry(schemas.RegistryConfig{URL: c.URL, TLS: files})
	if err != nil {
		t.Fatal(err)
	}
	proxy.Config.SetKeepAlivesEnabled(false) // each request makes a connection
	r.live(func() error {
		_, err := client.Register(context.Background())
		return err
	})
}

func TestClickHouseAsksForACertificateThenTheOneOfTheMomentIsShown(t *testing.T) {
	server, err := embedded.StartClickHouse(t.Context(), embedded.ClickHouseConfig{Dir: t.TempDir(), User: "attune", Password: "secret"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Stop(context.Background()) })
	for protocol, inside := range map[string]string{"clickhouse": server.NativeAddr(), "https": server.HTTPAddr()} {
		t.Run(protocol, func(t *testing.T) {
			r := newRenewed(t)
			c := config.Default()
			// Over https without a password the certificate is the log-in, which the proxy keeps to itself.
			c.ClickHouse.DSN, c.ClickHouse.Username, c.ClickHouse.Password = "", "attune", "secret"
			if addr := inFront(t, inside, r.config()); protocol == "https" {
				c.ClickHouse.DSN = "https://" + kafka.Secret(addr)
			} else {
				c.ClickHouse.Addr = []string{addr}
			}
			c.ClickHouse.CAFile, c.ClickHouse.CertFile, c.ClickHouse.KeyFile = r.ca, r.own, r.own
			cfg, err := c.SinkConfig()
			if err != nil {
				t.Fatal(err)
			}
			r.live(func() error {
				client, err := clickhouse.Open(t.Context(), cfg)
				if err != nil {
					return err
				}
				return client.Close()
			})
		})
	}
}

// inFront is a proxy that ends TLS before a server: the embedded engine has none of its own.
func inFront(t *testing.T, inside string, c *tls.Config) string {
	t.Helper()
	l, err := tls.Listen("tcp", "127.0.0.1:0", c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			outer, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = outer.Close() }()
				if outer.(*tls.Conn).HandshakeContext(t.Context()) != nil {
					return
				}
				inner, err := net.Dial("tcp", inside)
				if err != nil {
					return
				}
				defer func() { _ = inner.Close() }()
				go func() { _, _ = io.Copy(inner, outer) }()
				_, _ = io.Copy(outer, inner)
			}()
		}
	}()
	return l.Addr().String()
}
