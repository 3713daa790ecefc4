package desk

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/attune-health/attune/schemas"
	"github.com/attune-health/attune/sinks/consume"
)

// Webhooks are signed as https://www.standardwebhooks.com describes: whoever receives them can use its libraries.

// Bounds of webhooks.
const (
	hookTimeout = 10 * time.Second
	// An event that nobody has taken after hookPatience is a dead letter.
	hookPatience           = 24 * time.Hour
	hookPause, hookPauseTo = 500 * time.Millisecond, time.Minute
	minSecret              = 16
)

// What becomes of an attempt, for metrics.
const (
	hookDelivered = "delivered"
	hookFailed    = "failed"
	hookDead      = "dead"
)

// webhook sends events to one address, one after another. Each has a goroutine: one that does not answer holds up nobody.
type webhook struct {
	name, url, secretFile string
	events                []string

	server *server
	client *http.Client
	pauses *consume.Pauses
}

// parseWebhook reads an entry of desk.webhooks.
func parseWebhook(line string) (*webhook, error) {
	fields := strings.Fields(line)
	if len(fields) != 4 {
		return nil, fmt.Errorf("desk.webhooks: %q is not a name, an address, the file of a secret, and events joined by plus signs", line)
	}
	w := &webhook{name: fields[0], url: fields[1], secretFile: fields[2], events: strings.Split(fields[3], "+")}
	var errs []error
	if !schemas.IsName(w.name) {
		errs = append(errs, fmt.Errorf("desk.webhooks: the name %q is not letters, digits and / _ - . : +", w.name))
	}
	errs = append(errs, safeURL("desk.webhooks", w.url))
	for _, e := range w.events {
		if !slices.Contains(hookEvents, e) {
			errs = append(errs, fmt.Errorf("desk.webhooks: %s hears of %q, which is not one of %s", w.name, e, strings.Join(hookEvents, ", ")))
		}
	}
	return w, errors.Join(errs...)
}

// newWebhooks makes the configured webhooks, and takes up their queues.
func newWebhooks(s *server) ([]*webhook, error) {
	var all []*webhook
	events := map[string][]string{}
	for _, line := range s.cfg.Webhooks {
		w, err := parseWebhook(line)
		if err == nil {
			_, err = w.secret()
		}
		if err != nil {
			return nil, err
		}
		least := hookPause
		if s.cfg.hookPause > 0 {
			least = s.cfg.hookPause
		}
		w.server, w.pauses = s, consume.NewPauses(least, hookPauseTo)
		w.client = &http.Client{Timeout: hookTimeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		events[w.name] = w.events
		all = append(all, w)
	}
	return all, s.desk.store.openQueues(events)
}

// secret is read for each event: whoever changes it need not restart the desk.
func (w *webhook) secret() ([]byte, error) {
	text, err := os.ReadFile(w.secretFile)
	if err != nil {
		return nil, fmt.Errorf("the secret of webhook %s: %w", w.name, err)
	}
	secret := bytes.TrimSpace(text)
	if coded, ok := bytes.CutPrefix(secret, []byte("whsec_")); ok {
		if secret, err = base64.StdEncoding.DecodeString(string(coded)); err != nil {
			return nil, fmt.Errorf("the secret of webhook %s is not base64 behind whsec_", w.name)
		}
	}
	if len(secret) < minSecret {
		return nil, fmt.Errorf("the secret of webhook %s is shorter than %d bytes", w.name, minSecret)
	}
	return secret, nil
}

// run sends what waits until ctx ends.
func (w *webhook) run(ctx context.Context) error {
	store := w.server.desk.store
	// What is kept may be of another log, and nothing can be sent that is not written down.
	if !w.server.desk.awaitLog(ctx) {
		return nil
	}
	if err := w.begin(ctx); err != nil || ctx.Err() != nil {
		return err
	}
	failing := false
	for ctx.Err() == nil {
		k, h, err := store.next(w.name)
		if err != nil {
			return err
		}
		if h == nil {
			select {
			case <-store.queues[w.name].changed:
			case <-ctx.Done():
			}
			continue
		}
		gaveUp, err := w.send(ctx, h)
		switch {
		case ctx.Err() != nil:
			return nil
		case err == nil:
			w.pauses.Reset()
			failing = false
		case gaveUp == "":
			if !failing {
				w.server.cfg.Events.failed("deliver to webhook "+w.name, err)
			}
			failing = true
			w.note(hookFailed)
			_ = w.pauses.Wait(ctx)
			continue
		}
		if gaveUp != "" {
			w.note(hookDead)
		}
		if err := store.done(w.name, k, h, gaveUp); err != nil {
			return err
		}
	}
	return nil
}

// begin waits until the desk has caught up: a webhook that is new hears of what comes then.
func (w *webhook) begin(ctx context.Context) error {
	if w.server.desk.store.queues[w.name].begun {
		return nil
	}
	tick := time.NewTicker(probeEvery)
	defer tick.Stop()
	for !w.server.desk.HasCaughtUp() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
	return w.server.desk.store.beginQueue(w.name)
}

func (w *webhook) note(outcome string) {
	if f := w.server.cfg.Events.Hooked; f != nil {
		f(w.name, outcome)
	}
}

// hookBody is what a receiver gets.
type hookBody struct {
	Type       string          `json:"type"`
	Timestamp  time.Time       `json:"timestamp"`
	ContactRef string          `json:"contact_ref"`
	PersonRef  string          `json:"person_ref"`
	Status     string          `json:"status,omitempty"`
	Queue      string          `json:"queue,omitempty"`
	Decision   *decisionAnswer `json:"decision,omitempty"`
}

// send sends one event. gaveUp says why it is never tried again; it is nil that what it tells of has been forgotten.
func (w *webhook) send(ctx context.Context, h *hooked) (gaveUp string, err error) {
	body, err := w.body(h)
	if err != nil || body == nil {
		return "", err
	}
	if err := w.server.auditFor(ctx, w.name, "", "webhook", body.ContactRef, body.PersonRef); err != nil {
		return "", errors.Unwrap(err)
	}
	status, err := w.post(ctx, h.id(), body)
	switch {
	case err == nil && status/100 == 2:
		w.note(hookDelivered)
		return "", nil
	case err == nil:
		err = fmt.Errorf("it answers %d", status)
		// What a receiver refuses, it refuses again; what it could not take, it may take later.
		if status < 500 && status != http.StatusRequestTimeout && status != http.StatusTooEarly && status != http.StatusTooManyRequests {
			return strconv.Itoa(status), err
		}
	}
	if time.Since(time.UnixMilli(h.At)) > hookPatience {
		return "not taken in time", err
	}
	return "", err
}

// body looks up what an event tells; nil where it has been forgotten.
func (w *webhook) body(h *hooked) (*hookBody, error) {
	a := w.server.answers
	out := &hookBody{Type: h.Type, Timestamp: time.UnixMilli(h.At).UTC(), ContactRef: h.Ref, Status: h.Status, Queue: h.Queue}
	if h.Type == hookContact {
		var c contact
		if ok, err := a.store.load(key(keyContact, h.Ref), &c); err != nil || !ok {
			return nil, err
		}
		out.PersonRef = c.person()
		return out, nil
	}
	var v schemas.NextBestAction
	at, ok, err := a.store.record(key(keyDecision, h.Ref), &v)
	if err != nil || !ok {
		return nil, err
	}
	d := a.decision(&v, at)
	out.ContactRef, out.PersonRef, out.Decision = v.ContactRef.V, v.PersonRef.Reveal(), &d
	return out, nil
}

// post sends a body, signed with the time and its id.
func (w *webhook) post(ctx context.Context, id string, body *hookBody) (status int, err error) {
	text, err := json.Marshal(body)
	if err != nil {
		return 0, err
	}
	secret, err := w.secret()
	if err != nil {
		return 0, err
	}
	at := strconv.FormatInt(time.Now().Unix(), 10)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url, bytes.NewReader(text))
	if err != nil {
		return 0, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("webhook-id", id)
	r.Header.Set("webhook-timestamp", at)
	r.Header.Set("webhook-signature", "v1,"+sign(secret, id, at, text))
	a, err := w.client.Do(r)
	if err != nil {
		var at *url.Error
		if errors.As(err, &at) {
			err = at.Err // the address may have a secret in it
		}
		return 0, err
	}
	defer a.Body.Close()
	_, _ = io.CopyN(io.Discard, a.Body, maxBody) // the connection is used again
	return a.StatusCode, nil
}

func sign(secret []byte, id, at string, body []byte) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(id + "." + at + "."))
	mac.Write(body)
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// hookAnswer is how a webhook stands.
type hookAnswer struct {
	Name    string `json:"name"`
	Waiting int    `json:"waiting"`
	Dead    int    `json:"dead"`
}

type hooksAnswer struct {
	Webhooks []hookAnswer `json:"webhooks"`
}

// hooksNow lists the webhooks with what waits and what is dead.
func (s *server) hooksNow() ([]hookAnswer, error) {
	out := []hookAnswer{}
	for _, w := range s.webhooks {
		waiting, err1 := s.desk.store.count(key(keyQueue, w.name, ""))
		dead, err2 := s.desk.store.count(key(keyDead, w.name, ""))
		if err := errors.Join(err1, err2); err != nil {
			return nil, err
		}
		out = append(out, hookAnswer{w.name, waiting, dead})
	}
	return out, nil
}

func (s *server) listHooks(a *asked) error {
	all, err := s.hooksNow()
	if err != nil {
		return err
	}
	return a.json(hooksAnswer{all})
}

type replayAnswer struct {
	Replayed int `json:"replayed"`
}

// replayHook queues dead letters again.
func (s *server) replayHook(a *asked) error {
	name := a.PathValue("name")
	if !slices.ContainsFunc(s.webhooks, func(w *webhook) bool { return w.name == name }) {
		return notFound("webhook", "GET /v1/webhooks lists those of desk.webhooks.")
	}
	n, err := s.desk.store.replay(name)
	if err != nil {
		return err
	}
	return a.json(replayAnswer{n})
}
