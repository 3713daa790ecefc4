package desk

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/attune-health/attune/schemas"
)

// testIssuer signs JWTs, and tells its keys as an OpenID provider does.
type testIssuer struct {
	testing.TB
	*httptest.Server
	mu  sync.Mutex
	n   int
	key *ecdsa.PrivateKey
	// asked counts who wanted its keys.
	asked int
	// logins are what people have come for, by code; refreshes those that may be renewed, by token, and renewed how many were.
	logins    map[string]url.Values
	refreshes map[string]bool
	renewed   int
	// change changes the answer of the token endpoint.
	change func(answer map[string]any, idToken claims)
}

func newIssuer(t testing.TB) *testIssuer {
	t.Helper()
	i := &testIssuer{TB: t, logins: map[string]url.Values{}, refreshes: map[string]bool{}}
	i.rotate()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{"issuer": i.URL, "jwks_uri": i.URL + "/jwks", "authorization_endpoint": i.URL + "/authorize", "token_endpoint": i.URL + "/token", "id_token_signing_alg_values_supported": []string{"ES384"}})
	})
	mux.HandleFunc("GET /jwks", func(w http.ResponseWriter, _ *http.Request) {
		i.mu.Lock()
		defer i.mu.Unlock()
		i.asked++
		_ = json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: i.key.Public(), KeyID: i.kid(), Algorithm: "ES384", Use: "sig"}}})
	})
	mux.HandleFunc("GET /authorize", i.authorize)
	mux.HandleFunc("POST /token", i.token)
	i.Server = httptest.NewServer(mux)
	t.Cleanup(i.Close)
	return i
}

func (i *testIssuer) kid() string { return fmt.Sprintf("key-%d", i.n) }

// rotate takes another key, and forgets the one before.
func (i *testIssuer) rotate() {
	i.mu.Lock()
	defer i.mu.Unlock()
	key, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		i.Fatal(err)
	}
	i.key, i.n = key, i.n+1
}

type claims map[string]any

// but are the claims with some changed; nil takes one away.
func (c claims) but(changes claims) claims {
	out := maps.Clone(c)
	for k, v := range changes {
		if out[k] = v; v == nil {
			delete(out, k)
		}
	}
	return out
}

func (i *testIssuer) sign(c claims) string {
	i.Helper()
	return i.signWith(jose.SigningKey{Algorithm: jose.ES384, Key: jose.JSONWebKey{Key: i.key, KeyID: i.kid()}}, c)
}

func (i *testIssuer) signWith(key jose.SigningKey, c claims) string {
	i.Helper()
	signer, err := jose.NewSigner(key, nil)
	if err != nil {
		i.Fatal(err)
	}
	text, err := json.Marshal(c)
	if err != nil {
		i.Fatal(err)
	}
	signed, err := signer.Sign(text)
	if err != nil {
		i.Fatal(err)
	}
	raw, err := signed.CompactSerialize()
	if err != nil {
		i.Fatal(err)
	}
	return raw
}

// forged are JWTs that nobody may take, made of claims that would be good.
func (i *testIssuer) forged(good claims) map[string]string {
	public, err := json.Marshal(jose.JSONWebKey{Key: i.key.Public(), KeyID: i.kid()})
	if err != nil {
		i.Fatal(err)
	}
	stranger := newIssuer(i)
	text, _ := json.Marshal(good)
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + "." + base64.RawURLEncoding.EncodeToString(text) + "."
	now, parts := time.Now(), strings.Split(i.sign(good), ".")
	return map[string]string{
		"expired":                  i.sign(good.but(claims{"exp": now.Add(-2 * time.Minute).Unix()})),
		"without an expiry":        i.sign(good.but(claims{"exp": nil})),
		"not valid yet":            i.sign(good.but(claims{"nbf": now.Add(time.Hour).Unix()})),
		"for another":              i.sign(good.but(claims{"aud": "https://elsewhere.example"})),
		"for nobody":               i.sign(good.but(claims{"aud": nil})),
		"of another issuer":        stranger.sign(good.but(claims{"iss": stranger.URL})),
		"signed by another":        stranger.sign(good),
		"signed with none":         none,
		"signed with a public key": i.signWith(jose.SigningKey{Algorithm: jose.HS256, Key: jose.JSONWebKey{Key: public, KeyID: i.kid()}}, good),
		"cut":                      parts[0] + "." + parts[1] + ".",
		"with other claims":        parts[0] + "." + strings.Split(i.sign(good.but(claims{"sub": "x"})), ".")[1] + "." + parts[2],
	}
}

func TestWhomAnOpenIDProviderLetsIn(t *testing.T) {
	provider := newIssuer(t)
	r := newRig(t, func(c *Config) {
		c.OIDC = OIDC{Issuer: provider.URL, Audience: "attune-desk", ScopesClaim: "scope", QueuesClaim: "queues"}
	})
	r.call("oidcperson", "oidc-shard", callStep("oidc/1", "oidc-call", schemas.CallEventQueued, 1))
	r.decide(decision("oidc-1", "oidcperson", "oidc-call"))
	r.shows("oidc-call", "oidc-1")
	await(t, "it is queued", func() bool {
		v, _ := r.desk.server.answers.contact("oidc-call", Behind{})
		return v.Call.Queue == "pharmacy"
	})
	good := claims{"iss": provider.URL, "aud": "attune-desk", "sub": "agent-7", "exp": time.Now().Add(time.Hour).Unix(), "scope": "contact:read contact:write live:read person:read openid", "queues": []string{"pharmacy"}}
	expect := func(name, token, path string, status int) {
		t.Helper()
		r.token = token
		method, path, _ := strings.Cut(path, " ")
		var body any
		if method == "POST" {
			body = feedbackCall{DecisionID: "oidc-1", Outcome: "shown"}
		}
		if a := r.ask(method, path, body); a.status != status {
			t.Errorf("%s: %s answers %s, want %d", name, path, a, status)
		} else if status >= 400 && bytes.Contains(a.body, []byte("oidcperson")) {
			t.Errorf("%s: the error says who it is about", name)
		}
	}
	for name, token := range provider.forged(good) {
		expect("a token "+name, token, "GET /v1/contacts/oidc-call", 401)
	}
	billing := provider.sign(good.but(claims{"queues": "billing records"}))
	for _, c := range []struct {
		name, token, path string
		status            int
	}{
		{"an agent of the queue", provider.sign(good), "GET /v1/contacts/oidc-call", 200},
		{"an agent of the queue answers", provider.sign(good), "POST /v1/contacts/oidc-call/feedback", 200},
		{"a clock that is slow", provider.sign(good.but(claims{"exp": time.Now().Add(-30 * time.Second).Unix()})), "GET /v1/contacts/oidc-call", 200},
		{"several audiences", provider.sign(good.but(claims{"aud": []string{"other", "attune-desk"}})), "GET /v1/contacts/oidc-call", 200},
		{"a list of scopes", provider.sign(good.but(claims{"scope": []string{"contact:read"}})), "GET /v1/contacts/oidc-call", 200},
		{"no scope", provider.sign(good.but(claims{"scope": "openid"})), "GET /v1/contacts/oidc-call", 403},
		{"a supervisor of all queues", provider.sign(good.but(claims{"queues": "*"})), "GET /v1/contacts/oidc-call", 200},
		{"an agent of no queue", provider.sign(good.but(claims{"queues": nil})), "GET /v1/contacts/oidc-call", 403},
		{"an agent of another queue", billing, "GET /v1/contacts/oidc-call", 403},
		{"an agent of another queue streams", billing, "GET /v1/contacts/oidc-call/events", 403},
		{"an agent of another queue answers", billing, "POST /v1/contacts/oidc-call/feedback", 403},
		{"an agent of another queue reads the person", billing, "GET /v1/persons/oidcperson", 403},
		{"an agent of another queue reads the journey", billing, "GET /v1/persons/oidcperson/journey", 403},
		{"an agent of another queue reads the receipt", billing, "GET /v1/persons/oidcperson/decisions/oidc-1", 403},
		{"an agent of the queue reads the person", provider.sign(good), "GET /v1/persons/oidcperson", 200},
	} {
		expect(c.name, c.token, c.path, c.status)
	}
	var room liveAnswer
	r.token = billing
	r.ask("GET", "/v1/live", nil).into(t, &room)
	if len(room.Queues) != 0 {
		t.Errorf("an agent of another queue sees in the room %+v", room.Queues)
	}
	r.token = billing
	if a := r.ask("POST", "/v1/lookup", lookupCall{ContactRef: "oidc-call"}); a.status != 403 {
		t.Errorf("an agent of another queue looks the call up: %s", a)
	}
	provider.rotate()
	expect("a token of a new key", provider.sign(good), "GET /v1/contacts/oidc-call", 200)
	read := map[string]bool{}
	for _, v := range written[schemas.AccessAudit](r, schemas.TopicAccessAudit) {
		if v.PersonRef.Reveal() == "oidcperson" {
			read[v.Who] = true
		}
	}
	if len(read) != 1 || !read["agent-7"] {
		t.Errorf("access-audit says that %v have read", read)
	}
}

// A stranger with made-up keys does not make the desk ask its provider again and again.
func TestStrangerSendsManyJWTsThenTheProviderIsAskedSeldom(t *testing.T) {
	provider, stranger := newIssuer(t), newIssuer(t)
	r := newRig(t, func(c *Config) { c.OIDC = OIDC{Issuer: provider.URL, Audience: "attune-desk"} })
	forged := claims{"iss": provider.URL, "aud": "attune-desk", "sub": "a", "exp": time.Now().Add(time.Hour).Unix(), "scope": "health:read"}
	for i := range 60 {
		stranger.n = 100 + i
		r.token = stranger.sign(forged)
		if a := r.ask("GET", "/v1/health", nil); a.status != http.StatusUnauthorized {
			t.Fatalf("it answers %s", a)
		}
	}
	provider.mu.Lock()
	defer provider.mu.Unlock()
	if provider.asked > issuerBurst+2 {
		t.Errorf("the provider was asked %d times", provider.asked)
	}
}

func TestProviderIsDownThenTheDeskRunsAndSaysSo(t *testing.T) {
	provider := newIssuer(t)
	r := newRig(t, func(c *Config) {
		c.OIDC = OIDC{Issuer: provider.URL, Audience: "attune-desk"}
		c.Tokens = []string{"machine " + fmt.Sprintf("%x", sha256.Sum256([]byte("static"))) + " health:read"}
	})
	r.token = provider.sign(claims{"iss": provider.URL, "aud": "attune-desk", "sub": "a", "exp": time.Now().Add(time.Hour).Unix(), "scope": "health:read"})
	provider.Close()
	if a := r.ask("GET", "/v1/health", nil); a.status != http.StatusServiceUnavailable || !bytes.Contains(a.body, []byte("/problems/issuer")) {
		t.Errorf("a token of a provider that is down gets %s", a)
	}
	r.token = "static"
	if a := r.ask("GET", "/v1/health", nil); a.status != http.StatusOK {
		t.Errorf("a static token gets %s", a)
	}
}
