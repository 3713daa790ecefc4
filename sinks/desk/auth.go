package desk

import (
	"crypto/rand"
	"crypto/sha256"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// cookie holds a token for pages: a stream of events cannot send a header. It is not readable by scripts, and goes to
// this site alone; it is partitioned, so that it works in a frame of a desktop of another site.
const cookie = "attune_desk"

// gate says who asks, and whether they may.
type gate struct {
	tokens  map[[32]byte]*caller
	bearers *bearers
	// open: only this machine can reach the desk, and nobody has configured more.
	open   bool
	secure bool

	mu sync.Mutex
	// invites are one-time tokens, and sessions what they were exchanged for, until they end.
	invites  map[[32]byte]time.Time
	sessions map[[32]byte]time.Time
}

// An invitation is taken up by then, and opens the desk for so long.
const (
	inviteLasts  = time.Hour
	sessionLasts = 12 * time.Hour
)

// invite makes a one-time token for a link: whoever opens it first sees all.
func (g *gate) invite() string {
	token := rand.Text()
	g.mu.Lock()
	defer g.mu.Unlock()
	g.invites[sha256.Sum256([]byte(token))] = time.Now().Add(inviteLasts)
	return token
}

// accept exchanges a one-time token for that of a session.
func (g *gate) accept(token string) (session string, ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	sum := sha256.Sum256([]byte(token))
	until, invited := g.invites[sum]
	if delete(g.invites, sum); !invited || time.Now().After(until) {
		return "", false
	}
	session = rand.Text()
	g.sessions[sha256.Sum256([]byte(session))] = time.Now().Add(sessionLasts)
	return session, true
}

// invited says whether a token is that of a session.
func (g *gate) invited(sum [32]byte) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return time.Now().Before(g.sessions[sum])
}

// forget ends the session of a link.
func (g *gate) forget(r *http.Request) {
	if token, ok := tokenOf(r); ok {
		g.mu.Lock()
		defer g.mu.Unlock()
		delete(g.sessions, sha256.Sum256([]byte(token)))
	}
}

// sessionAnswer says who asks, and for how many seconds this is known; 0: for as long as the browser is told.
type sessionAnswer struct {
	Who       string `json:"who"`
	ExpiresIn int64  `json:"expires_in"`
}

func (c *caller) session() sessionAnswer {
	if c.until.IsZero() {
		return sessionAnswer{Who: c.name}
	}
	return sessionAnswer{c.name, max(1, int64(time.Until(c.until).Seconds()))}
}

func newGate(cfg *Config) (*gate, error) {
	tokens, err := parseTokens(cfg.Tokens)
	if err != nil {
		return nil, err
	}
	host, _, err := net.SplitHostPort(cfg.Listen)
	if err != nil {
		return nil, err
	}
	b, err := newBearers(cfg)
	if err != nil {
		return nil, err
	}
	anybody := isLoopback(host) && !cfg.BehindProxy && len(tokens) == 0 && cfg.OIDC.Issuer == "" && len(cfg.CDS.Issuers) == 0
	return &gate{tokens: tokens, bearers: b, open: anybody, secure: cfg.TLSCert != "" || cfg.BehindProxy, invites: map[[32]byte]time.Time{}, sessions: map[[32]byte]time.Time{}}, nil
}

var nobody = newProblem(http.StatusUnauthorized, "unauthenticated", "It is not known who asks.", "Send Authorization: Bearer TOKEN with a token of desk.tokens or of desk.oidc.issuer; a page takes it from the part of its address behind #token=.")

// who is the caller of a request.
func (g *gate) who(r *http.Request) (*caller, error) {
	if g.open {
		return &caller{name: "loopback", scopes: allScopes, queues: everyQueue}, nil
	}
	if token, ok := tokenOf(r); ok {
		// The hash of what was sent is looked up: how long that takes says nothing about a token.
		sum := sha256.Sum256([]byte(token))
		if c := g.tokens[sum]; c != nil {
			return c, nil
		}
		if g.invited(sum) {
			return &caller{name: "link", scopes: allScopes, queues: everyQueue}, nil
		}
		if isJWT(token) {
			return g.bearers.who(r, token)
		}
	}
	return nil, nobody
}

func tokenOf(r *http.Request) (string, bool) {
	if header := r.Header.Get("Authorization"); header != "" {
		kind, token, _ := strings.Cut(header, " ")
		if !strings.EqualFold(kind, "Bearer") {
			return "", true
		}
		return token, true
	}
	if c, err := r.Cookie(cookie); err == nil {
		return c.Value, true
	}
	return "", false
}

// allow is the caller, if they have the scope.
func (g *gate) allow(r *http.Request, scope string) (*caller, error) {
	c, err := g.who(r)
	if err != nil {
		return nil, err
	}
	if !c.may(scope) {
		return nil, newProblem(http.StatusForbidden, "forbidden", "The token may not do this.", "It needs the scope "+scope+".")
	}
	return c, nil
}

var otherQueue = newProblem(http.StatusForbidden, "other-queue", "This contact is in a queue that is not yours.", "Ask for a token of the queue: desk.tokens, or the claim that desk.oidc.queues_claim names, says which.")

// seesContact says whether a caller may be shown a contact.
func (a *asked) seesContact(v *contactAnswer) error {
	if v == nil || a.caller.sees(v.Call.Queue) {
		return nil
	}
	return otherQueue
}

// seesPerson says whether a caller may be shown a person: one who does not see all, if a call of the person is hers.
func (s *server) seesPerson(a *asked, ref string) error {
	if a.caller.seesAll() {
		return nil
	}
	calls, err := s.answers.calls(ref)
	if err != nil {
		return err
	}
	for _, call := range calls {
		var c contact
		if _, err := s.answers.store.load(key(keyContact, call), &c); err != nil {
			return err
		}
		if a.caller.sees(c.call().Queue) {
			return nil
		}
	}
	return otherQueue
}

// session takes a token that a page has found in its own address, and sets the cookie.
func (g *gate) session(w http.ResponseWriter, r *http.Request) error {
	token, ok := tokenOf(r)
	if session, invited := g.accept(token); invited {
		token = session
	} else if _, err := g.who(r); err != nil {
		return err
	}
	if ok {
		leave(w, cookie, token, "/", sessionLasts, g.secure)
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// sameSite lets a frame of another site send the cookie, which browsers allow over TLS only. Requests that change
// something are protected against other origins.
func sameSite(secure bool) http.SameSite {
	if secure {
		return http.SameSiteNoneMode
	}
	return http.SameSiteStrictMode
}

// isOurs says whether a request came under a name of this machine. A page of another site whose name points at
// loopback would else be served as this machine.
func (g *gate) isOurs(r *http.Request) bool {
	if !g.open {
		return true
	}
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	return isLoopback(strings.Trim(host, "[]"))
}
