package desk

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// selfSigned writes a certificate of 127.0.0.1 and its key, and returns who trusts it.
func selfSigned(t *testing.T, dir string) (cert, key string, trust *x509.CertPool) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for name, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	trust = x509.NewCertPool()
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	trust.AddCert(parsed)
	return cert, key, trust
}

// With TLS and HTTP/2 a stream lives on though it is quiet for longer than a slow client would be waited for.
func TestStreamIsQuietOverHTTP2ThenItLivesOn(t *testing.T) {
	cert, key, trust := selfSigned(t, t.TempDir())
	r := newRig(t, func(c *Config) {
		c.TLSCert, c.TLSKey = cert, key
		c.Tokens = []string{"desktop " + fmt.Sprintf("%x", sha256.Sum256([]byte("agent"))) + " contact:read"}
	})
	r.desk.server.patience = 50 * time.Millisecond
	r.decide(decision("quiet-1", "quietperson", "quiet-call"))
	r.shows("quiet-call", "quiet-1")
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trust}, ForceAttemptHTTP2: true}}
	q, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.url+"/v1/contacts/quiet-call/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("Authorization", "Bearer agent")
	a, err := client.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	if a.ProtoMajor != 2 || a.StatusCode != http.StatusOK || !strings.HasPrefix(r.url, "https://") {
		t.Fatalf("%s answers %s with %d", r.url, a.Proto, a.StatusCode)
	}
	s := &sse{TB: t, body: a.Body, lines: bufio.NewScanner(a.Body)}
	s.lines.Buffer(nil, 1<<20)
	s.next("contact")
	<-time.After(6 * r.desk.server.patience)
	r.decide(decision("quiet-2", "quietperson", "quiet-call"))
	if e := s.next("decision"); !strings.Contains(e.data, "quiet-2") {
		t.Errorf("after the silence comes %v", e)
	}
}

// A client that does not read is cut off, and holds nobody up.
func TestClientDoesNotReadThenItIsCutOff(t *testing.T) {
	r := newRig(t)
	r.desk.server.patience = 50 * time.Millisecond
	r.decide(decision("deaf-0", "deafperson", "deaf-call"))
	r.shows("deaf-call", "deaf-0")
	conn, err := net.Dial("tcp", r.desk.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.(*net.TCPConn).SetReadBuffer(4096); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(conn, "GET /v1/contacts/deaf-call/events HTTP/1.1\r\nHost: %s\r\n\r\n", r.desk.Addr())
	open := func() int {
		r.desk.server.streams.mu.Lock()
		defer r.desk.server.streams.mu.Unlock()
		return r.desk.server.streams.open
	}
	await(t, "the stream is open", func() bool { return open() == 1 })
	i := 0
	await(t, "the stream is cut off", func() bool {
		for range 20 {
			i++
			d := decision(fmt.Sprintf("deaf-%d", i), "deafperson", "deaf-call")
			d.Brief += "x"
			r.decide(d)
		}
		return open() == 0
	})
}
