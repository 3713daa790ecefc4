package desk

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
	"golang.org/x/time/rate"
)

// People log in by the authorization code flow with PKCE (OpenID Connect Core 1.0, RFC 7636). The page begins and ends it;
// the provider has a window of its own, since it is shown in no frame, and hands the code back to the page. So what the
// flow leaves in the browser is the page's, whose cookies a browser keeps apart by the desktop that frames it, and no
// script ever has a token. A desk keeps nothing of a log-in: whichever desk is asked next goes on.

// Cookies of the log-in: what was begun, and what renews a session without its person. Only paths of the log-in see them.
const (
	loginCookie   = "attune_desk_login"
	refreshCookie = "attune_desk_refresh"
	loginPath     = "/login"
)

// Bounds of log-ins.
const (
	loginLasts   = 10 * time.Minute
	refreshLasts = 12 * time.Hour
	// Browsers drop a cookie that is larger.
	maxCookie = 4000
	// Whoever has begun a log-in can have the provider asked; a whole shift that begins at once is let through.
	loginsPerSecond, loginsAtOnce = 50, 500
)

// login is the log-in with the provider of desk.oidc.
type login struct {
	cfg     *OIDC
	url     string // where the provider sends the browser back to
	bearers *bearers
	client  *http.Client
	secure  bool
}

func newLogin(cfg *Config, g *gate) *login {
	if cfg.OIDC.ClientID == "" {
		return nil
	}
	pace := &paced{http.DefaultTransport, rate.NewLimiter(loginsPerSecond, loginsAtOnce)}
	return &login{
		cfg: &cfg.OIDC, url: strings.TrimSuffix(cfg.PublicURL, "/") + loginPath + "/callback", bearers: g.bearers,
		client: &http.Client{Timeout: issuerTimeout, Transport: pace}, secure: g.secure,
	}
}

// oauth is the provider as a client sees it. The secret is read for each log-in: whoever changes it need not restart the
// desk.
func (l *login) oauth() (*oauth2.Config, error) {
	endpoint, err := l.bearers.people.endpoints()
	if err != nil {
		return nil, unavailable("issuer", "The provider does not answer.", "Try again in a second; a static token of desk.tokens works without it.", err)
	}
	o := &oauth2.Config{ClientID: l.cfg.ClientID, Endpoint: endpoint, RedirectURL: l.url, Scopes: append([]string{oidc.ScopeOpenID}, l.cfg.LoginScopes...)}
	if l.cfg.ClientSecretFile != "" {
		secret, err := os.ReadFile(l.cfg.ClientSecretFile)
		if err != nil {
			return nil, fmt.Errorf("desk.oidc.client_secret_file: %w", err)
		}
		o.ClientSecret = string(bytes.TrimSpace(secret))
	} else {
		o.Endpoint.AuthStyle = oauth2.AuthStyleInParams // a public client says who it is, and proves nothing
	}
	return o, nil
}

type loginBegun struct {
	// URL is the provider's page.
	URL string `json:"url"`
}

// beginLogin says where the provider is asked, and leaves with the browser what the answer is checked by.
func (s *server) beginLogin(a *asked) error {
	o, err := s.login.oauth()
	if err != nil {
		return err
	}
	state, nonce, verifier := rand.Text(), rand.Text(), oauth2.GenerateVerifier()
	s.login.leave(a.w, loginCookie, strings.Join([]string{state, nonce, verifier}, "."), loginPath, loginLasts)
	return a.json(loginBegun{o.AuthCodeURL(state, oidc.Nonce(nonce), oauth2.S256ChallengeOption(verifier))})
}

type loginAnswer struct {
	Code  string `json:"code"`
	State string `json:"state"`
}

var otherLogin = newProblem(http.StatusBadRequest, "login", "This log-in was not begun here, or too long ago.", "Log in again.")

// finishLogin exchanges the code for tokens, and the browser gets a session.
func (s *server) finishLogin(a *asked) error {
	var v loginAnswer
	if err := a.body(&v); err != nil {
		return err
	}
	c, err := a.Cookie(loginCookie)
	if err != nil {
		return otherLogin
	}
	begun := strings.Split(c.Value, ".")
	if len(begun) != 3 || subtle.ConstantTimeCompare([]byte(begun[0]), []byte(v.State)) != 1 {
		return otherLogin
	}
	l := s.login
	l.leave(a.w, loginCookie, "", loginPath, -1)
	o, err := l.oauth()
	if err != nil {
		return err
	}
	t, err := o.Exchange(l.context(a), v.Code, oauth2.VerifierOption(begun[2]))
	if err != nil {
		return l.refused(err, otherLogin)
	}
	id, err := l.bearers.people.verify(a.Context(), idToken(t), l.cfg.ClientID, l.bearers.now)
	if err != nil {
		return err
	}
	if subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(begun[1])) != 1 {
		return otherLogin
	}
	return l.admit(a, t)
}

// refreshLogin renews a session, as long as the provider lets it.
func (s *server) refreshLogin(a *asked) error {
	c, err := a.Cookie(refreshCookie)
	if err != nil {
		return nobody
	}
	l := s.login
	o, err := l.oauth()
	if err != nil {
		return err
	}
	t, err := o.TokenSource(l.context(a), &oauth2.Token{RefreshToken: c.Value}).Token()
	if err != nil {
		return l.refused(err, nobody)
	}
	return l.admit(a, t)
}

// refused is what an error of the provider's token endpoint means: no, or not now.
func (l *login) refused(err error, no *problem) error {
	var answer *oauth2.RetrieveError
	if errors.As(err, &answer) && answer.Response != nil && answer.Response.StatusCode < http.StatusInternalServerError && answer.Response.StatusCode != http.StatusTooManyRequests {
		if answer.ErrorCode == "invalid_client" || answer.ErrorCode == "unauthorized_client" {
			return unavailable("issuer", "The provider does not know this desk.", "Compare desk.oidc.client_id and client_secret_file with what the provider has.", errors.New("the token endpoint says "+answer.ErrorCode))
		}
		return no
	}
	// The error may quote what was sent.
	return unavailable("issuer", "The provider does not answer.", "Try again in a second; a static token of desk.tokens works without it.", errors.New("the token endpoint did not answer as OAuth 2.0 has it"))
}

// admit gives the browser a session: the access token where it is a JWT for this desk, else the ID token.
func (l *login) admit(a *asked, t *oauth2.Token) error {
	for _, token := range []string{t.AccessToken, idToken(t)} {
		if !isJWT(token) {
			continue
		}
		c, err := l.bearers.who(a.Request, token)
		if errors.Is(err, nobody) {
			continue
		}
		if err != nil {
			return err
		}
		if len(token) > maxCookie {
			return newProblem(http.StatusForbidden, "login", "The provider's token does not fit into a cookie.", fmt.Sprintf("It has more than %d bytes: have the provider put fewer claims into tokens for this desk.", maxCookie))
		}
		l.leave(a.w, cookie, token, "/", time.Until(c.until))
		if t.RefreshToken != "" && len(t.RefreshToken) <= maxCookie {
			l.leave(a.w, refreshCookie, t.RefreshToken, loginPath, refreshLasts)
		}
		return a.json(c.session())
	}
	return newProblem(http.StatusForbidden, "login", "The provider let her in, but its token is not for this desk.", "Have the provider put desk.oidc.audience into the aud of its tokens, or set desk.oidc.audience to the client id, which ID tokens are for.")
}

func (s *server) logout(a *asked) error {
	s.gate.forget(a.Request)
	for name, path := range map[string]string{cookie: "/", refreshCookie: loginPath, loginCookie: loginPath} {
		leave(a.w, name, "", path, -1, s.gate.secure)
	}
	a.w.WriteHeader(http.StatusNoContent)
	return nil
}

func (l *login) context(a *asked) context.Context { return oidc.ClientContext(a.Context(), l.client) }

func (l *login) leave(w http.ResponseWriter, name, value, path string, lasts time.Duration) {
	leave(w, name, value, path, lasts, l.secure)
}

func idToken(t *oauth2.Token) string {
	id, _ := t.Extra("id_token").(string)
	return id
}

// leave sets a cookie for so long; below zero it is taken away.
func leave(w http.ResponseWriter, name, value, path string, lasts time.Duration, secure bool) {
	seconds := -1
	if lasts > 0 {
		seconds = max(1, int(lasts.Seconds()))
	}
	http.SetCookie(w, &http.Cookie{Name: name, Value: value, Path: path, HttpOnly: true, Secure: secure, SameSite: sameSite(secure), Partitioned: secure, MaxAge: seconds})
}
