package desk

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/attune-health/attune/schemas"
)

// Bounds of requests.
const (
	maxBody       = 64 << 10
	headerTimeout = 5 * time.Second
	readTimeout   = 15 * time.Second
	writeTimeout  = 30 * time.Second
	idleTimeout   = 2 * time.Minute
	closeTimeout  = 3 * time.Second
	// A read that cannot be written down by then is not answered; a lookup then answers without what is known.
	auditTimeout = 2 * time.Second
)

// server answers over HTTP.
type server struct {
	desk    *Desk
	cfg     *Config
	answers *answers
	gate    *gate
	limits  *limits
	pages   *pages
	streams streams
	// login is nil where people cannot log in on pages.
	login *login
	// webhooks are those of the configuration.
	webhooks []*webhook
	// policy is the Content-Security-Policy of every answer.
	policy   string
	handler  http.Handler
	rooms    roomCache
	insights *insightCache
	// patience is for how long a client of a stream may not read.
	patience time.Duration
}

// asked is one request with who asks.
type asked struct {
	*http.Request
	w      http.ResponseWriter
	caller *caller
}

func newServer(d *Desk) (*server, error) {
	g, err := newGate(&d.cfg)
	if err != nil {
		return nil, err
	}
	p, err := newPages(d.cfg.Language, d.cfg.Words)
	if err != nil {
		return nil, err
	}
	s := &server{desk: d, cfg: &d.cfg, gate: g, limits: newLimits(d.cfg.RequestsPerSecond), pages: p, answers: &answers{store: d.store, words: d.cfg.Words, now: time.Now}, policy: policy(d.cfg.FrameAncestors), patience: slowClient, insights: newInsightCache()}
	s.login = newLogin(&d.cfg, g)
	if s.webhooks, err = newWebhooks(s); err != nil {
		return nil, err
	}
	s.streams.changed = d.cfg.Events.streams
	mux := http.NewServeMux()
	for _, route := range s.routes() {
		mux.Handle(route.pattern, s.serve(route))
	}
	mux.Handle("/", s.serve(route{pattern: "/", public: true, do: func(a *asked) error {
		if allowed := methods(mux, a.Request); allowed != "" {
			a.w.Header().Set("Allow", allowed)
			return newProblem(http.StatusMethodNotAllowed, "method", "This is not asked in this way.", "Ask with "+allowed+"; GET /openapi.json lists the calls.")
		}
		return notFound("page", "GET / lists the pages, GET /openapi.json the calls.")
	}}))
	sameOrigin := http.NewCrossOriginProtection()
	sameOrigin.SetDenyHandler(s.serve(route{pattern: "other origin", public: true, do: func(*asked) error {
		return newProblem(http.StatusForbidden, "other-origin", "A page of another site may not ask this.", "Ask from the desk's own pages, or from a server: a request that has no Origin is not one of a browser.")
	}}))
	s.handler = sameOrigin.Handler(mux)
	return s, nil
}

// methods are those that something answers to at the request's path, as the header Allow has them.
func methods(mux *http.ServeMux, r *http.Request) string {
	var found []string
	for _, m := range []string{http.MethodGet, http.MethodHead, http.MethodPost} {
		other := *r
		other.Method = m
		if _, pattern := mux.Handler(&other); pattern != "/" {
			found = append(found, m)
		}
	}
	return strings.Join(found, ", ")
}

// route is one call of the API, or a page.
type route struct {
	pattern string
	// scope is what a token needs; public: nothing of a patient is in the answer.
	scope  string
	public bool
	do     func(*asked) error
}

func (s *server) routes() []route {
	all := []route{
		{pattern: "GET /v1/contacts/{contact_ref}", scope: ScopeContactRead, do: s.contact},
		{pattern: "GET /v1/contacts/{contact_ref}/events", scope: ScopeContactRead, do: s.contactEvents},
		{pattern: "POST /v1/contacts/{contact_ref}/feedback", scope: ScopeContactWrite, do: s.feedback},
		{pattern: "POST /v1/lookup", scope: ScopeContactRead, do: s.lookup},
		{pattern: "POST /v1/lookup/amazon-connect", scope: ScopeContactRead, do: s.lookupConnect},
		{pattern: "POST /v1/lookup/genesys", scope: ScopeContactRead, do: s.lookupGenesys},
		{pattern: "GET /v1/persons/{person_ref}", scope: ScopePersonRead, do: s.person},
		{pattern: "GET /v1/persons/{person_ref}/journey", scope: ScopePersonRead, do: s.journey},
		{pattern: "GET /v1/persons/{person_ref}/decisions/{id}", scope: ScopePersonRead, do: s.receipt},
		{pattern: "GET /v1/live", scope: ScopeLiveRead, do: s.live},
		{pattern: "GET /v1/health", scope: ScopeHealthRead, do: s.health},
		{pattern: "GET /v1/insights", scope: ScopeInsights, do: s.listInsights},
		{pattern: "GET /v1/insights/{board}/{panel}", scope: ScopeInsights, do: s.insight},
		{pattern: "GET /v1/webhooks", scope: ScopeWebhooks, do: s.listHooks},
		{pattern: "POST /v1/webhooks/{name}/replay", scope: ScopeWebhooks, do: s.replayHook},
		{pattern: "GET /cds-services", public: true, do: s.cdsDiscover},
		{pattern: "POST /cds-services/{id}", scope: ScopeCDS, do: s.cdsAsk},
		{pattern: "POST /cds-services/{id}/feedback", scope: ScopeCDS, do: s.cdsReport},
		{pattern: "POST /session", public: true, do: func(a *asked) error { return s.gate.session(a.w, a.Request) }},
		{pattern: "GET /session", public: true, do: func(a *asked) error {
			c, err := s.gate.who(a.Request)
			if err != nil {
				return err
			}
			return a.json(c.session())
		}},
		{pattern: "POST /logout", public: true, do: s.logout},
		{pattern: "GET /openapi.json", public: true, do: s.openAPI},
		{pattern: "GET /{$}", public: true, do: s.index},
		{pattern: "GET /contact", public: true, do: s.page("contact")},
		{pattern: "GET /contact/amazon-connect", public: true, do: s.pageIn("contact", "amazon-connect")},
		{pattern: "GET /person", public: true, do: s.page("person")},
		{pattern: "GET /health", public: true, do: s.page("health")},
		{pattern: "GET /insights", public: true, do: s.page("insights")},
		{pattern: "GET /live", public: true, do: s.page("live")},
		{pattern: "GET /static/{file}", public: true, do: s.static},
	}
	if s.login != nil {
		all = append(all,
			route{pattern: "POST " + loginPath + "/begin", public: true, do: s.beginLogin},
			route{pattern: "POST " + loginPath + "/finish", public: true, do: s.finishLogin},
			route{pattern: "POST " + loginPath + "/refresh", public: true, do: s.refreshLogin},
			route{pattern: "GET " + loginPath + "/callback", public: true, do: s.page("login")},
		)
	}
	return all
}

// policy lets a page load what is ours and nothing else. Desktops that are named may show it in a frame.
func policy(ancestors []string) string {
	frames := "'none'"
	if len(ancestors) > 0 {
		frames = strings.Join(ancestors, " ")
	}
	return "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors " + frames
}

// serve is what goes for every route: bounds, headers, who asks, and errors as problems.
func (s *server) serve(rt route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		seen := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		r.Body = http.MaxBytesReader(seen, r.Body, maxBody)
		h := seen.Header()
		h.Set("Content-Security-Policy", s.policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		if len(s.cfg.FrameAncestors) == 0 {
			h.Set("X-Frame-Options", "DENY")
		}
		if err := s.answer(rt, seen, r); err != nil && !seen.wrote {
			p := problemOf(err)
			if p.Status >= http.StatusInternalServerError && r.Context().Err() == nil {
				s.fails(rt.pattern, p, err)
			}
			if p.Status == http.StatusServiceUnavailable {
				at := s.desk.Behind()
				told := *p
				told.Desk = &at
				p = &told
			}
			writeProblem(seen, p)
		}
		s.cfg.Events.answered(rt.pattern, seen.status, time.Since(began))
	})
}

// fails tells what went wrong behind a problem. That a desk is behind is told by its metrics.
func (s *server) fails(pattern string, p *problem, err error) {
	if why := errors.Join(p.cause, unlessProblem(err)); why != nil {
		s.failed("answer "+pattern, why)
	}
}

// failed tells what went wrong. That Kafka is not there yet is told once, by who waits for it.
func (s *server) failed(what string, err error) {
	if !errors.Is(err, errNoBroker) {
		s.cfg.Events.failed(what, err)
	}
}

func unlessProblem(err error) error {
	var p *problem
	if errors.As(err, &p) {
		return nil
	}
	return err
}

func (s *server) answer(rt route, w http.ResponseWriter, r *http.Request) error {
	if !s.gate.isOurs(r) {
		return newProblem(http.StatusMisdirectedRequest, "misdirected", "This desk has another name.", "Ask for it as 127.0.0.1 or localhost; for other names configure desk.tokens.")
	}
	a := &asked{Request: r, w: w}
	if !rt.public {
		c, err := s.gate.allow(r, rt.scope)
		if err != nil {
			return err
		}
		a.caller = c
		if !c.until.IsZero() {
			// A stream ends with what its caller has shown.
			ctx, cancel := context.WithDeadline(r.Context(), c.until)
			defer cancel()
			a.Request = r.WithContext(ctx)
		}
		// It goes into a log that is kept for years: a patient's words do not belong there.
		if !schemas.IsName(a.why()) {
			return badRequest(purpose + " is a code: letters, digits and / _ - . : +, at most 64, without long numbers.")
		}
		// Whoever is on this machine has other means.
		if !s.gate.open {
			if err := s.limits.allow(c, time.Now()); err != nil {
				return err
			}
		}
	}
	return rt.do(a)
}

// statusWriter remembers what was answered.
type statusWriter struct {
	http.ResponseWriter
	status int
	wrote  bool
}

func (w *statusWriter) WriteHeader(status int) {
	if !w.wrote {
		w.status, w.wrote = status, true
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Write(b []byte) (int, error) {
	w.wrote = true
	return w.ResponseWriter.Write(b)
}

// Unwrap lets a ResponseController reach the connection.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// json answers.
func (a *asked) json(v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	a.w.Header().Set("Content-Type", "application/json")
	_, err = a.w.Write(append(text, '\n'))
	return err
}

// ref is a reference in the path. It says nothing of who it is, so that it may be in an address.
func (a *asked) ref(name string) (string, error) {
	ref := a.PathValue(name)
	if ref == "" || len(ref) > 200 || strings.ContainsAny(ref, "\x00") {
		return "", badRequest(name + " is at most 200 bytes.")
	}
	return ref, nil
}

// purpose is the header in which a caller states why something is asked, a code.
const purpose = "X-Purpose"

// why is the purpose that a caller states.
func (a *asked) why() string { return a.Header.Get(purpose) }

// audit writes down that somebody is shown something of these persons. Until the broker has it, or the journal, nothing is shown.
func (s *server) audit(a *asked, what, contact string, persons ...string) error {
	return s.auditFor(a.Context(), a.caller.name, a.why(), what, contact, persons...)
}

// auditFor is audit for somebody.
func (s *server) auditFor(ctx context.Context, who, why, what, contact string, persons ...string) error {
	letters := make([]letter, 0, len(persons))
	now := schemas.MillisOf(time.Now())
	for _, p := range persons {
		if p == "" {
			continue
		}
		v := &schemas.AccessAudit{EventID: schemas.EventID(source, rand.Text()), OccurredAt: now, Who: who, PersonRef: schemas.PersonRef(p), What: what, Why: why, Desk: s.cfg.Instance}
		if contact != "" {
			v.ContactRef = schemas.Some(contact)
		}
		letters = append(letters, letter{topic: schemas.TopicAccessAudit, key: p, id: v.EventID, at: now, record: v})
	}
	if len(letters) == 0 {
		return nil
	}
	if err := s.writeDown(ctx, letters); err != nil {
		return unwritten("audit", "The read could not be written down.", "Nothing of a patient is shown while the topic access-audit cannot be written. Try again in a second.", err)
	}
	return nil
}

// writeDown returns when the broker has the reads or, while it takes no records, the journal. As long as something waits there
// nobody tries the broker first, which would cost each answer that time.
func (s *server) writeDown(ctx context.Context, letters []letter) error {
	if s.cfg.RefuseUnwrittenReads {
		return s.send(ctx, auditTimeout, letters...)
	}
	if s.desk.reads.waiting() == 0 {
		if err := s.send(ctx, auditTimeout, letters...); err == nil || ctx.Err() != nil || !isAway(err) {
			return err
		}
	}
	return s.desk.reads.keep(letters)
}

// send writes letters for an answer, for so long at most.
func (s *server) send(ctx context.Context, most time.Duration, letters ...letter) error {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	return s.desk.outbox.send(ctx, letters...)
}

// listen opens the address.
func (s *server) listen() (net.Listener, error) {
	l, err := net.Listen("tcp", s.cfg.Listen)
	if err != nil || s.cfg.TLSCert == "" {
		return l, err
	}
	certificate := &certificate{cert: s.cfg.TLSCert, key: s.cfg.TLSKey}
	if _, err := certificate.get(nil); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return tls.NewListener(l, &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: certificate.get, NextProtos: []string{"h2", "http/1.1"}}), nil
}

// certificate is read again when its file has changed: whoever renews it need not restart the desk.
type certificate struct {
	cert, key string

	mu     sync.Mutex
	loaded *tls.Certificate
	at     time.Time
}

func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	info, err := os.Stat(c.cert)
	if err == nil && c.loaded != nil && info.ModTime().Equal(c.at) {
		return c.loaded, nil
	}
	fresh, loadErr := tls.LoadX509KeyPair(c.cert, c.key)
	if err = errors.Join(err, loadErr); err == nil {
		c.loaded, c.at = &fresh, info.ModTime()
	}
	// In the middle of a renewal the old one serves.
	if c.loaded != nil {
		return c.loaded, nil
	}
	return nil, err
}

// run answers until ctx ends. Streams end with it.
func (s *server) run(ctx context.Context, l net.Listener) error {
	h := &http.Server{
		Handler: s.handler, ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: 16 << 10, BaseContext: func(net.Listener) context.Context { return ctx }, ErrorLog: silent(),
	}
	stopped := make(chan error, 1)
	go func() {
		<-ctx.Done()
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
		defer cancel()
		err := h.Shutdown(closing)
		if errors.Is(err, context.DeadlineExceeded) {
			err = h.Close()
		}
		stopped <- err
	}()
	err := h.Serve(l)
	if ctx.Err() == nil {
		return err
	}
	return <-stopped
}

// streams counts the open ones.
type streams struct {
	mu      sync.Mutex
	open    int
	changed func(int)
}

func (s *streams) add(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open += n
	s.changed(s.open)
}
