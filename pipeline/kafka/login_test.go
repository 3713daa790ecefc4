package kafka

import (
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/attune-health/attune/deploy/embeddedtest"
	"github.com/attune-health/attune/pipeline"
)

// unsigned is a token that nobody has signed, which Kafka's validator for tests takes.
func unsigned(subject string, lives time.Duration) string {
	part := func(v map[string]any) string {
		text, _ := json.Marshal(v) // of strings and numbers
		return base64.RawURLEncoding.EncodeToString(text)
	}
	now := time.Now()
	return part(map[string]any{"alg": "none"}) + "." + part(map[string]any{"sub": subject, "iat": now.Unix(), "exp": now.Add(lives).Unix()}) + "."
}

// issuer gives tokens by client credentials.
func issuer(t *testing.T, lives time.Duration) (url string, issued *atomic.Int32) {
	issued = new(atomic.Int32)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, secret, ok := r.BasicAuth()
		if !ok {
			id, secret = r.FormValue("client_id"), r.FormValue("client_secret")
		}
		w.Header().Set("Content-Type", "application/json")
		if id != "attune" || secret != "s3cret-word" || r.FormValue("grant_type") != "client_credentials" || r.FormValue("scope") != "kafka" {
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprint(w, `{"error": "invalid_client", "error_description": "what nobody should read"}`)
			return
		}
		issued.Add(1)
		fmt.Fprintf(w, `{"access_token": %q, "token_type": "Bearer", "expires_in": %d}`, unsigned(id, lives), int(lives.Seconds()))
	}))
	t.Cleanup(s.Close)
	return s.URL, issued
}

// testTokens logs in with tokens that live for four seconds, and goes on for three of their lives: the broker closes
// each connection when its token expires.
func testTokens(t *testing.T, broker *embeddedtest.Apache) {
	url, issued := issuer(t, 4*time.Second)
	oauth := SASL{Mechanism: "OAUTHBEARER", TokenURL: url, ClientID: "attune", ClientSecret: "s3cret-word", Scopes: []string{"kafka"}, Extensions: []string{"logicalCluster=lkc-1"}}
	cfg := Config{Brokers: []string{broker.SASLTLSAddr()}, TLS: TLS{Enabled: true, CAFile: broker.CAFile()}, SASL: oauth}
	c, err := Dial(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	r := &rig{t: t, c: c, brokers: cfg.Brokers, suffix: fmt.Sprint(time.Now().UnixNano())}
	out := r.topic("out", 1)
	p := r.producer(pipeline.ProducerConfig{TransactionalID: "tokens"})
	g := r.next(r.join("g", out))
	sent := 0
	for began := time.Now(); time.Since(began) < 12*time.Second; sent++ {
		r.send(p, out, 0, fmt.Sprint(sent))
		if got := r.read(out); len(got) != sent+1 {
			t.Fatalf("%d records, want %d", len(got), sent+1)
		}
	}
	g.End()
	if n := issued.Load(); n < 3 || sent < 10 {
		t.Errorf("%d tokens for %d records in three lives of a token", n, sent)
	}

	expired := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(expired, []byte(unsigned("attune", -time.Minute)), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg.SASL = SASL{Mechanism: "OAUTHBEARER", TokenFile: expired}
	wantDialError(t, cfg, "the token is refused")
	if err := os.WriteFile(expired, []byte(unsigned("attune", time.Minute)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	fresh, err := Dial(t.Context(), cfg)
	if err != nil {
		t.Fatalf("with a token that was renewed: %v", err)
	}
	_ = fresh.Close()
	oauth.ClientSecret = "wrong-word"
	cfg.SASL = oauth
	wantDialError(t, cfg, "gives no token: 401")
	cfg.SASL.TokenURL = "http://127.0.0.1:1/token"
	wantDialError(t, cfg, "cannot be reached")
}

func TestTokenErrorsTellNoSecrets(t *testing.T) {
	url, _ := issuer(t, time.Minute)
	s := SASL{Mechanism: "OAUTHBEARER", TokenURL: url, ClientID: "attune", ClientSecret: "wrong-word", Scopes: []string{"kafka"}}
	m, err := s.mechanism()
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = m.Start(t.Context())
	if err == nil || !strings.Contains(err.Error(), "check client_id, client_secret and scopes") {
		t.Fatalf("start says %v", err)
	}
	for _, secret := range []string{"wrong-word", "nobody should read"} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("it tells %q: %v", secret, err)
		}
	}
}

// TestPasswordIsReadForEachConnection rotates the password under a cluster that is connected.
func TestPasswordIsReadForEachConnection(t *testing.T) {
	fake := newFake(t, kfake.EnableSASL(), kfake.Superuser("PLAIN", "user", "second"))
	var password atomic.Value
	password.Store(Secret("first"))
	s := SASL{Mechanism: "PLAIN", Username: "user", Password: "first"}
	s.Again = func() (SASL, error) {
		if p := password.Load().(Secret); p != "" {
			return SASL{Mechanism: "PLAIN", Username: "user", Password: p}, nil
		}
		return SASL{}, errors.New("the file is away")
	}
	cfg := Config{Brokers: fake.ListenAddrs(), SASL: s}
	wantDialError(t, cfg, "check kafka.sasl")
	password.Store(Secret("second"))
	c, err := Dial(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	password.Store(Secret("")) // the last one does for new connections
	c.transport.CloseIdleConnections()
	if _, err := c.DescribeTopics(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestCertificatesAreReadForEachConnection changes the CA's file under a cluster that is connected.
func TestCertificatesAreReadForEachConnection(t *testing.T) {
	cert, ca := certificate(t)
	_, other := certificate(t)
	fake := newFake(t, kfake.TLS(&tls.Config{Certificates: []tls.Certificate{cert}}))
	file := filepath.Join(t.TempDir(), "ca.pem")
	c := &Cluster{}
	for i, x := range []struct {
		from string
		ok   bool
	}{{ca, true}, {other, false}, {ca, true}} {
		text, err := os.ReadFile(x.from)
		if err == nil {
			err = os.WriteFile(file, text, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			c, err = Dial(t.Context(), Config{Brokers: fake.ListenAddrs(), TLS: TLS{Enabled: true, CAFile: file}, RetryTimeout: time.Millisecond})
		} else {
			c.transport.CloseIdleConnections()
			_, err = c.DescribeTopics(t.Context())
		}
		if (err == nil) != x.ok {
			t.Fatalf("connection %d: %v", i, err)
		}
	}
	_ = c.Close()
}

func TestLogInsThatCannotBeAreRefused(t *testing.T) {
	for want, s := range map[string]SASL{
		"is none of PLAIN":                   {Mechanism: "GSSAPI"},
		"settings without mechanism":         {TokenFile: "x"},
		"either token_file or token_url":     {Mechanism: "OAUTHBEARER"},
		"needs client_id and client_secret":  {Mechanism: "OAUTHBEARER", TokenURL: "http://x"},
		"no username or password":            {Mechanism: "OAUTHBEARER", TokenFile: "x", Username: "u"},
		`extension "auth=x" is not`:          {Mechanism: "OAUTHBEARER", TokenFile: "x", Extensions: []string{"auth=x"}},
		`extension "a1=x" is not`:            {Mechanism: "OAUTHBEARER", TokenFile: "x", Extensions: []string{"a1=x"}},
		"PLAIN needs username and password":  {Mechanism: "PLAIN"},
		"AWS_MSK_IAM needs aws_region":       {Mechanism: "AWS_MSK_IAM"},
		"takes aws_region and aws_role only": {Mechanism: "AWS_MSK_IAM", AWSRegion: "eu-west-1", Password: "p"},
		"aws_role are for AWS_MSK_IAM":       {Mechanism: "OAUTHBEARER", TokenFile: "x", AWSRegion: "eu-west-1"},
		"are for OAUTHBEARER":                {Mechanism: "PLAIN", Username: "u", Password: "p", TokenURL: "http://x"},
	} {
		if err := s.validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}
