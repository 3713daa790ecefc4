package desk

import (
	"crypto/sha256"
	"net"
	"net/http"
	"strings"
)

// cookie holds a token for pages: a stream of events cannot send a header. It is not readable by scripts, and goes to
// this site alone; it is partitioned, so that it works in a frame of a desktop of another site.
const cookie = "attune_desk"

// gate says who asks, and whether they may.
type gate struct {
	tokens map[[32]byte]*caller
	// open: only this machine can reach the desk, and nobody has configured more.
	open   bool
	secure bool
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
	return &gate{tokens: tokens, open: isLoopback(host) && !cfg.BehindProxy && len(tokens) == 0, secure: cfg.TLSCert != "" || cfg.BehindProxy}, nil
}

var nobody = newProblem(http.StatusUnauthorized, "unauthenticated", "It is not known who asks.", "Send Authorization: Bearer TOKEN with a token of desk.tokens; a page takes it from the part of its address behind #token=.")

// who is the caller of a request.
func (g *gate) who(r *http.Request) (*caller, error) {
	if g.open {
		return &caller{name: "loopback", scopes: allScopes}, nil
	}
	if token, ok := tokenOf(r); ok {
		// The hash of what was sent is looked up: how long that takes says nothing about a token.
		if c := g.tokens[sha256.Sum256([]byte(token))]; c != nil {
			return c, nil
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
		return nil, newProblem(http.StatusForbidden, "forbidden", "The token may not do this.", "It needs the scope "+scope+" in desk.tokens.")
	}
	return c, nil
}

// session takes a token that a page has found in its own address, and sets the cookie.
func (g *gate) session(w http.ResponseWriter, r *http.Request) error {
	if _, err := g.who(r); err != nil {
		return err
	}
	token, ok := tokenOf(r)
	if ok {
		http.SetCookie(w, &http.Cookie{Name: cookie, Value: token, Path: "/", HttpOnly: true, Secure: g.secure, SameSite: sameSite(g.secure), Partitioned: g.secure, MaxAge: 12 * 60 * 60})
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
