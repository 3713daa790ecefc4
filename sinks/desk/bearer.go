package desk

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
	"golang.org/x/time/rate"
)

// signatures are those that an issuer may use: whoever can verify one of them cannot make one.
var signatures = []string{oidc.RS256, oidc.RS384, oidc.RS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.EdDSA}

// Bounds of JWTs.
const (
	// Clocks differ by so much.
	clockSkew = time.Minute
	// A JWT of an EHR is for one request, and is remembered until it has expired.
	maxCDSLife = time.Hour
	maxCDSSeen = 1 << 16
	// An issuer that does not answer by then is not waited for.
	issuerTimeout = 5 * time.Second
	// A stranger who sends JWTs with made-up keys must not make the desk ask an issuer again and again.
	issuerEvery, issuerBurst = 2 * time.Second, 10
)

// bearers verifies JWTs: those of people, whom an OpenID provider has let in, and those of EHRs that ask for cards.
type bearers struct {
	cfg    *Config
	people *issuer
	ehrs   map[string]*issuer
	now    func() time.Time

	mu sync.Mutex
	// seen are the JWTs of EHRs that were used, until they expire.
	seen map[string]time.Time
}

func newBearers(cfg *Config) (*bearers, error) {
	b := &bearers{cfg: cfg, ehrs: map[string]*issuer{}, now: time.Now, seen: map[string]time.Time{}}
	client := &http.Client{Timeout: issuerTimeout, Transport: &paced{http.DefaultTransport, rate.NewLimiter(rate.Every(issuerEvery), issuerBurst)}}
	if cfg.OIDC.Issuer != "" {
		b.people = &issuer{url: cfg.OIDC.Issuer, client: client}
	}
	for _, line := range cfg.CDS.Issuers {
		iss, keys, err := parseIssuer(line)
		if err != nil {
			return nil, err
		}
		b.ehrs[iss] = &issuer{url: iss, keysURL: keys, client: client}
	}
	return b, nil
}

// paced sends requests at a bounded pace.
type paced struct {
	http.RoundTripper
	pace *rate.Limiter
}

// RoundTrip implements http.RoundTripper.
func (p *paced) RoundTrip(r *http.Request) (*http.Response, error) {
	if !p.pace.Allow() {
		return nil, errors.New("the issuer was asked too often")
	}
	return p.RoundTripper.RoundTrip(r)
}

// issuer is somebody whose signature counts. Its keys are read when they are needed, and again when one is not known.
type issuer struct {
	url string
	// keysURL is where its keys are; empty: its discovery document says.
	keysURL string
	client  *http.Client

	mu   sync.Mutex
	keys oidc.KeySet
	// endpoint is where people log in, as the discovery document says.
	endpoint oauth2.Endpoint
}

// endpoints are those where people log in.
func (i *issuer) endpoints() (oauth2.Endpoint, error) {
	if _, err := i.keySet(); err != nil {
		return oauth2.Endpoint{}, err
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.endpoint, nil
}

func (i *issuer) keySet() (oidc.KeySet, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.keys != nil {
		return i.keys, nil
	}
	ctx := oidc.ClientContext(context.Background(), i.client)
	if i.keysURL == "" {
		p, err := oidc.NewProvider(ctx, i.url)
		if err != nil {
			return nil, err
		}
		var found struct {
			Keys    string   `json:"jwks_uri"`
			Methods []string `json:"token_endpoint_auth_methods_supported"`
		}
		if err := p.Claims(&found); err != nil {
			return nil, err
		}
		i.keysURL, i.endpoint = found.Keys, p.Endpoint()
		// Basic is what a provider takes that says nothing. Whoever tries one after the other reads the second refusal for the
		// first.
		i.endpoint.AuthStyle = oauth2.AuthStyleInHeader
		if len(found.Methods) > 0 && !slices.Contains(found.Methods, "client_secret_basic") {
			i.endpoint.AuthStyle = oauth2.AuthStyleInParams
		}
	}
	i.keys = oidc.NewRemoteKeySet(ctx, i.keysURL)
	return i.keys, nil
}

// verify is a JWT of this issuer for an audience.
func (i *issuer) verify(ctx context.Context, raw, audience string, now func() time.Time) (*oidc.IDToken, error) {
	keys, err := i.keySet()
	if err != nil {
		return nil, unavailable("issuer", "The issuer of the token does not answer.", "Try again in a second; a static token of desk.tokens works without it.", err)
	}
	late := func() time.Time { return now().Add(-clockSkew) }
	t, err := oidc.NewVerifier(i.url, keys, &oidc.Config{ClientID: audience, SupportedSigningAlgs: signatures, Now: late}).Verify(ctx, raw)
	if err != nil {
		return nil, nobody // what is wrong with it is nobody's business, and the error would quote it
	}
	return t, nil
}

// isJWT says whether a token may be one.
func isJWT(token string) bool { return strings.Count(token, ".") == 2 }

// issuedBy is who says to have issued a JWT. Nothing has been verified yet.
func issuedBy(token string) string {
	var claims struct {
		Issuer string `json:"iss"`
	}
	text, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	if err != nil || json.Unmarshal(text, &claims) != nil {
		return ""
	}
	return claims.Issuer
}

// who is the caller whom a JWT stands for.
func (b *bearers) who(r *http.Request, token string) (*caller, error) {
	iss := issuedBy(token)
	if ehr := b.ehrs[iss]; ehr != nil && strings.HasPrefix(r.URL.Path, cdsServices) {
		return b.ehr(r, ehr, token)
	}
	if b.people != nil && iss == b.people.url {
		return b.person(r, token)
	}
	return nil, nobody
}

// person is somebody whom the OpenID provider has let in. What she may do, and in which queues, is in claims.
func (b *bearers) person(r *http.Request, token string) (*caller, error) {
	o := &b.cfg.OIDC
	t, err := b.people.verify(r.Context(), token, o.Audience, b.now)
	if err != nil {
		return nil, err
	}
	claims := map[string]any{}
	if err := t.Claims(&claims); err != nil || t.Subject == "" || len(t.Subject) > 200 {
		return nil, nobody
	}
	c := &caller{name: t.Subject, queues: everyQueue, until: t.Expiry.Add(clockSkew)}
	for _, scope := range words(claims[o.ScopesClaim]) {
		if slices.Contains(allScopes, scope) {
			c.scopes = append(c.scopes, scope)
		}
	}
	if o.QueuesClaim != "" {
		c.queues = words(claims[o.QueuesClaim])
	}
	return c, nil
}

// words are those of a claim: a list, or one text with spaces.
func words(claim any) []string {
	switch v := claim.(type) {
	case string:
		return strings.Fields(v)
	case []any:
		var out []string
		for _, x := range v {
			if s, ok := x.(string); ok {
				out = append(out, s)
			}
		}
		return out
	}
	return nil
}

// ehr is an EHR that asks for cards, by the rules of CDS Hooks: the JWT is for this address, lives shortly, and counts
// once.
func (b *bearers) ehr(r *http.Request, ehr *issuer, token string) (*caller, error) {
	t, err := ehr.verify(r.Context(), token, strings.TrimSuffix(b.cfg.PublicURL, "/")+r.URL.Path, b.now)
	if err != nil {
		return nil, err
	}
	var claims struct {
		ID string `json:"jti"`
	}
	now := b.now()
	if err := t.Claims(&claims); err != nil || claims.ID == "" || len(claims.ID) > 200 || t.IssuedAt.After(now.Add(clockSkew)) || t.Expiry.After(now.Add(maxCDSLife+clockSkew)) {
		return nil, nobody
	}
	if !b.first(t.Issuer+"\x00"+claims.ID, t.Expiry, now) {
		return nil, nobody
	}
	return &caller{name: t.Issuer, scopes: []string{ScopeCDS}, queues: everyQueue}, nil
}

// first says whether a JWT is used for the first time. Where more are in use than are remembered none counts.
func (b *bearers) first(id string, expiry, now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.seen) >= maxCDSSeen {
		for old, until := range b.seen {
			if until.Add(clockSkew).Before(now) {
				delete(b.seen, old)
			}
		}
	}
	if _, used := b.seen[id]; used || len(b.seen) >= maxCDSSeen {
		return false
	}
	b.seen[id] = expiry
	return true
}
