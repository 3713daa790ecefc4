package desk

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/attune-health/attune/deploy/process"
)

// authorize is the provider's page: whoever comes is let in.
func (i *testIssuer) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	code := rand.Text()
	i.mu.Lock()
	i.logins[code] = q
	i.mu.Unlock()
	http.Redirect(w, r, q.Get("redirect_uri")+"?"+url.Values{"code": {code}, "state": {q.Get("state")}}.Encode(), http.StatusFound)
}

// token gives tokens for a code, once and to whom began with it, and for a refresh token, once.
func (i *testIssuer) token(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	refuse := func(why string) {
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(map[string]string{"error": why})
	}
	if id, secret, ok := r.BasicAuth(); !ok || id != "desk-client" || secret != "client-secret" {
		refuse("invalid_client")
		return
	}
	good := claims{"iss": i.URL, "aud": "desk-client", "sub": "agent-7", "scope": "contact:read contact:write", "exp": time.Now().Add(time.Hour).Unix()}
	i.mu.Lock()
	switch r.FormValue("grant_type") {
	case "authorization_code":
		q, ok := i.logins[r.FormValue("code")]
		delete(i.logins, r.FormValue("code"))
		sum := sha256.Sum256([]byte(r.FormValue("code_verifier")))
		if !ok || q.Get("code_challenge_method") != "S256" || q.Get("code_challenge") != base64.RawURLEncoding.EncodeToString(sum[:]) || q.Get("redirect_uri") != r.FormValue("redirect_uri") || q.Get("client_id") != "desk-client" {
			i.mu.Unlock()
			refuse("invalid_grant")
			return
		}
		good["nonce"] = q.Get("nonce")
	case "refresh_token":
		if !i.refreshes[r.FormValue("refresh_token")] {
			i.mu.Unlock()
			refuse("invalid_grant")
			return
		}
		delete(i.refreshes, r.FormValue("refresh_token"))
		i.renewed++
	}
	refresh := rand.Text()
	i.refreshes[refresh] = true
	change := i.change
	i.mu.Unlock()
	answer := map[string]any{"access_token": "opaque", "token_type": "Bearer", "refresh_token": refresh}
	if change != nil {
		change(answer, good)
	}
	if _, ok := answer["id_token"]; !ok {
		answer["id_token"] = i.sign(good)
	}
	_ = json.NewEncoder(w).Encode(answer)
}

// loggingIn is a configuration with which people log in, at a provider.
func loggingIn(t *testing.T, i *testIssuer) func(*Config) {
	secret := filepath.Join(t.TempDir(), "client-secret")
	if err := os.WriteFile(secret, []byte("client-secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return func(c *Config) {
		c.PublicURL = "https://" + deskHost
		c.OIDC = OIDC{Issuer: i.URL, Audience: "desk-client", ScopesClaim: "scope", ClientID: "desk-client", ClientSecretFile: secret, LoginScopes: []string{"offline_access"}}
	}
}

// visitor is a browser without pages: it keeps cookies.
type visitor struct {
	*testing.T
	url    string
	client *http.Client
}

func newVisitor(t *testing.T, r *rig) *visitor {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &visitor{t, r.url, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

func (v *visitor) ask(method, address, body string) *http.Response {
	v.Helper()
	if strings.HasPrefix(address, "/") {
		address = v.url + address
	}
	q, err := http.NewRequestWithContext(v.Context(), method, address, strings.NewReader(body))
	if err != nil {
		v.Fatal(err)
	}
	a, err := v.client.Do(q)
	if err != nil {
		v.Fatal(err)
	}
	v.Cleanup(func() { _ = a.Body.Close() })
	return a
}

// logIn goes to the provider and back; what comes back may be changed. It returns the desk's answer.
func (v *visitor) logIn(change func(url.Values)) int {
	v.Helper()
	var begun loginBegun
	if a := v.ask("POST", "/login/begin", ""); a.StatusCode != http.StatusOK || json.NewDecoder(a.Body).Decode(&begun) != nil {
		v.Fatalf("begin: %d", a.StatusCode)
	}
	back, err := v.ask("GET", begun.URL, "").Location()
	if err != nil {
		v.Fatal(err)
	}
	if !strings.HasPrefix(back.String(), "https://"+deskHost+"/login/callback?") {
		v.Fatalf("the provider sends the browser to %s", back)
	}
	q := back.Query()
	if change != nil {
		change(q)
	}
	body, _ := json.Marshal(loginAnswer{q.Get("code"), q.Get("state")})
	return v.ask("POST", "/login/finish", string(body)).StatusCode
}

func (v *visitor) known() bool {
	v.Helper()
	return v.ask("GET", "/session", "").StatusCode == http.StatusOK
}

// Whoever the provider lets in has a session, which ends with her token, is renewed without her, and can be left.
func TestPersonLogsInThenSheIsKnownUntilSheLeaves(t *testing.T) {
	i := newIssuer(t)
	r := newRig(t, loggingIn(t, i))
	v := newVisitor(t, r)
	if v.known() || v.ask("POST", "/login/refresh", "").StatusCode != http.StatusUnauthorized {
		t.Fatal("a stranger is known")
	}
	if status := v.logIn(nil); status != http.StatusOK || !v.known() {
		t.Fatalf("log-in: %d", status)
	}
	for _, c := range v.client.Jar.Cookies(&url.URL{Scheme: "http", Host: strings.TrimPrefix(r.url, "http://"), Path: "/"}) {
		if c.Name != cookie {
			t.Errorf("cookie %s goes to every path", c.Name)
		}
	}
	r.decide(decision("login-1", "loginperson", "login-call"))
	r.shows("login-call", "login-1")
	if a := v.ask("GET", "/v1/contacts/login-call", ""); a.StatusCode != http.StatusOK {
		t.Errorf("with a session: %d", a.StatusCode)
	}
	if a := v.ask("GET", "/v1/live", ""); a.StatusCode != http.StatusForbidden {
		t.Errorf("without the scope: %d", a.StatusCode)
	}
	if a := v.ask("POST", "/login/refresh", ""); a.StatusCode != http.StatusOK || i.renewed != 1 || !v.known() {
		t.Errorf("renewed %d times: %d", i.renewed, a.StatusCode)
	}
	if a := v.ask("POST", "/logout", ""); a.StatusCode != http.StatusNoContent || v.known() {
		t.Errorf("after she has left she is known: %d", a.StatusCode)
	}
	if a := v.ask("POST", "/login/refresh", ""); a.StatusCode != http.StatusUnauthorized {
		t.Errorf("after she has left she is renewed: %d", a.StatusCode)
	}
}

// A log-in that was not begun by this browser, or whose tokens are not for this desk, lets nobody in.
func TestLogInsThatAreRefused(t *testing.T) {
	i := newIssuer(t)
	stranger := newIssuer(t)
	r := newRig(t, loggingIn(t, i))
	for name, c := range map[string]struct {
		back   func(url.Values)
		tokens func(answer map[string]any, id claims)
		want   int
	}{
		"another state":     {back: func(q url.Values) { q.Set("state", "x") }, want: http.StatusBadRequest},
		"no state":          {back: func(q url.Values) { q.Del("state") }, want: http.StatusBadRequest},
		"another code":      {back: func(q url.Values) { q.Set("code", "x") }, want: http.StatusBadRequest},
		"a code of another": {back: func(q url.Values) { q.Set("code", codeOfAnother(t, i)) }, want: http.StatusBadRequest},
		"another nonce":     {tokens: func(_ map[string]any, id claims) { id["nonce"] = "x" }, want: http.StatusBadRequest},
		"another audience":  {tokens: func(_ map[string]any, id claims) { id["aud"] = "x" }, want: http.StatusUnauthorized},
		"no ID token":       {tokens: func(a map[string]any, _ claims) { a["id_token"] = nil }, want: http.StatusUnauthorized},
		"another issuer":    {tokens: func(a map[string]any, id claims) { a["id_token"] = stranger.sign(id.but(claims{"iss": stranger.URL})) }, want: http.StatusUnauthorized},
		"too large":         {tokens: func(_ map[string]any, id claims) { id["groups"] = strings.Repeat("x", 4000) }, want: http.StatusForbidden},
		"good":              {want: http.StatusOK},
	} {
		t.Run(name, func(t *testing.T) {
			i.mu.Lock()
			i.change = c.tokens
			i.mu.Unlock()
			v := newVisitor(t, r)
			if status := v.logIn(c.back); status != c.want || v.known() != (c.want == http.StatusOK) {
				t.Errorf("%d, want %d; known: %v", status, c.want, v.known())
			}
		})
	}
}

// codeOfAnother is a code that somebody else has got.
func codeOfAnother(t *testing.T, i *testIssuer) string {
	t.Helper()
	q := url.Values{"client_id": {"desk-client"}, "redirect_uri": {"https://" + deskHost + "/login/callback"}, "code_challenge": {"x"}, "code_challenge_method": {"S256"}}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	a, err := client.Get(i.URL + "/authorize?" + q.Encode())
	if err != nil {
		t.Fatal(err)
	}
	_ = a.Body.Close()
	back, err := a.Location()
	if err != nil {
		t.Fatal(err)
	}
	return back.Query().Get("code")
}

// The access token is taken where it is a JWT for this desk; with it the session has its claims.
func TestAccessTokenIsForTheDeskThenItIsTheSession(t *testing.T) {
	i := newIssuer(t)
	r := newRig(t, loggingIn(t, i), func(c *Config) { c.OIDC.Audience = "the-desk" })
	i.change = func(answer map[string]any, id claims) {
		answer["access_token"] = i.sign(id.but(claims{"aud": "the-desk", "scope": "live:read"}))
	}
	v := newVisitor(t, r)
	if status := v.logIn(nil); status != http.StatusOK {
		t.Fatal(status)
	}
	if a := v.ask("GET", "/v1/live", ""); a.StatusCode != http.StatusOK {
		t.Errorf("with the access token's scope: %d", a.StatusCode)
	}
	i.change = nil
	if status := newVisitor(t, r).logIn(nil); status != http.StatusForbidden {
		t.Errorf("an ID token for the client alone: %d", status)
	}
}

// A provider that is down, or does not know the desk, is told apart from a person who may not come in.
func TestProviderHasTroubleThenItIsNotThePersons(t *testing.T) {
	i := newIssuer(t)
	secret := filepath.Join(t.TempDir(), "wrong")
	if err := os.WriteFile(secret, []byte("wrong"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := newRig(t, loggingIn(t, i), func(c *Config) { c.OIDC.ClientSecretFile = secret })
	v := newVisitor(t, r)
	if status := v.logIn(nil); status != http.StatusServiceUnavailable {
		t.Errorf("the provider does not know the desk: %d", status)
	}
	if err := os.WriteFile(secret, []byte("client-secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	if status := v.logIn(nil); status != http.StatusOK {
		t.Errorf("with the right secret, read again: %d", status)
	}
	i.Close()
	if a := v.ask("POST", "/login/refresh", ""); a.StatusCode != http.StatusServiceUnavailable || !v.known() {
		t.Errorf("the provider is down: %d", a.StatusCode)
	}
}

// A stream ends with the token that opened it.
func TestTokenExpiresThenItsStreamEnds(t *testing.T) {
	i := newIssuer(t)
	r := newRig(t, loggingIn(t, i))
	r.decide(decision("ends-1", "endsperson", "ends-call"))
	r.shows("ends-call", "ends-1")
	r.token = i.sign(claims{"iss": i.URL, "aud": "desk-client", "sub": "agent-7", "scope": "contact:read", "exp": time.Now().Add(2*time.Second - clockSkew).Unix()})
	q, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.url+"/v1/contacts/ends-call/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("Authorization", "Bearer "+r.token)
	a, err := http.DefaultClient.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	if a.StatusCode != http.StatusOK {
		t.Fatal(a.StatusCode)
	}
	for lines := bufio.NewScanner(a.Body); lines.Scan(); {
	}
	if a := r.ask("GET", "/v1/contacts/ends-call", nil); a.status != http.StatusUnauthorized {
		t.Errorf("the stream has ended, and the token still counts: %d", a.status)
	}
}

// The agent logs in from the frame that her desktop has the page in, in a window of the provider, and the page goes on
// where it was. What is about to expire is renewed without her.
func TestAgentLogsInFromAFrame(t *testing.T) {
	i := newIssuer(t)
	i.change = func(_ map[string]any, id claims) { id["exp"] = time.Now().Add(time.Minute - clockSkew).Unix() }
	r, tab := framed(t, loggingIn(t, i))
	r.decide(decision("frame-1", "frameperson", "gc-call"))
	app := "https://" + deskHost + "/contact?conversationid={{pcConversationId}}&gcHostOrigin={{gcHostOrigin}}&gcTargetEnv={{gcTargetEnv}}&lang=en"
	tab.open("https://" + genesysHost + "/?app=" + url.QueryEscape(app))
	frame := tab.frame("https://" + deskHost)
	frame.until(`document.querySelector('.login button')?.textContent === 'Log in'`)
	tab.picture("login")
	frame.run(`document.querySelector('.login button').click()`)
	r.shown("frame-1")
	frame.until(`document.querySelector('.login') === null && document.getElementById('brief').textContent !== ''`)
	await(t, "the session is renewed", func() bool {
		i.mu.Lock()
		defer i.mu.Unlock()
		return i.renewed > 0
	})
	who := get(t, frame.ctx, chromedp.Evaluate[string](`document.cookie`))
	if who != "" {
		t.Errorf("a script can read %q", who)
	}
}

// A provider of strangers, with its own pages: the agent writes her name and agrees, in the window beside the frame.
func TestProviderOfStrangersLetsTheAgentIn(t *testing.T) {
	modules, err := filepath.Abs("../../bin/strangers/node_modules")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(modules, "oidc-provider")); err != nil {
		t.Skip("oidc-provider is not installed (npm install --prefix bin/strangers oidc-provider): nobody has logged in with a provider of strangers")
	}
	port := 0
	if err := process.TakePorts(&port); err != nil {
		t.Fatal(err)
	}
	address := "http://" + process.Loopback(port)
	dir := t.TempDir()
	program, err := os.ReadFile("testdata/provider.mjs")
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "provider.mjs"), program, 0o600)
	}
	if err == nil {
		err = os.Symlink(modules, filepath.Join(dir, "node_modules"))
	}
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "node", "provider.mjs", strconv.Itoa(port), "https://"+deskHost+"/login/callback")
	cmd.Dir = dir
	var said syncBuffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	await(t, "the provider is ready", func() bool { return strings.Contains(said.String(), "ready") })

	i := &testIssuer{Server: &httptest.Server{URL: address}}
	r, tab := framed(t, loggingIn(t, i), func(c *Config) {
		c.OIDC.LoginScopes, c.OIDC.ScopesClaim, c.OIDC.QueuesClaim = nil, "desk_scopes", "desk_queues"
	})
	r.decide(decision("strange-1", "strangeperson", "gc-call"))
	app := "https://" + deskHost + "/contact?conversationid={{pcConversationId}}&gcHostOrigin={{gcHostOrigin}}&gcTargetEnv={{gcTargetEnv}}&lang=en"
	tab.open("https://" + genesysHost + "/?app=" + url.QueryEscape(app))
	frame := tab.frame("https://" + deskHost)
	frame.until(`document.querySelector('.login button') !== null`)
	frame.run(`document.querySelector('.login button').click()`)
	beside := tab.beside(address)
	beside.comes(`document.querySelector('[name=login]') !== null`)
	beside.run(`document.querySelector('[name=login]').value = 'agent-7'; document.querySelector('[name=password]').value = 'x'; setTimeout(() => document.querySelector('form').submit())`)
	beside.comes(`document.querySelector('[name=login]') === null && document.querySelector('[name=prompt][value=consent]') !== null`)
	beside.run(`setTimeout(() => document.querySelector('form').submit())`)
	r.shown("strange-1")
	// Its tokens last for seconds, and the page renews them.
	await(t, "the session is renewed", func() bool {
		return get(t, frame.ctx, chromedp.Evaluate[bool](`performance.getEntriesByType('resource').some(e => e.name.endsWith('/login/refresh') && e.responseStatus === 200)`))
	})
}

// syncBuffer is what a process says.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}
