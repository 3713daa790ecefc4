package desk

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/attune-health/attune/schemas"
)

func TestTokenAsksTooOftenThenItWaitsAndOthersDoNot(t *testing.T) {
	hash := func(token string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(token))) }
	r := newRig(t, func(c *Config) {
		c.BehindProxy, c.RequestsPerSecond = true, 3
		c.Tokens = []string{"wild " + hash("wild") + " health:read", "calm " + hash("calm") + " health:read"}
	})
	check := checker(t, r.ask("GET", "/openapi.json", nil).body)
	r.token = "wild"
	var refused *answer
	for range 50 {
		if a := r.ask("GET", "/v1/health", nil); a.status == http.StatusTooManyRequests {
			refused = a
			break
		}
	}
	if refused == nil {
		t.Fatal("fifty requests in a row were answered")
	}
	if refused.header.Get("Retry-After") != "1" || check("Problem", refused.body) != nil || !bytes.Contains(refused.body, []byte("/problems/too-many")) {
		t.Errorf("it answers %s, Retry-After %s", refused, refused.header.Get("Retry-After"))
	}
	r.token = "calm"
	if a := r.ask("GET", "/v1/health", nil); a.status != http.StatusOK {
		t.Errorf("another token gets %s", a)
	}
}

func TestLimitsForgetWhoHasNotAskedInAWhile(t *testing.T) {
	l := newLimits(1)
	l.callers.most = 2
	now := time.Now()
	for i := range 100 {
		if err := l.allow(&caller{name: fmt.Sprint(i)}, now); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(l.callers.young) + len(l.callers.old); n > 4 {
		t.Errorf("it remembers %d callers", n)
	}
	if l.allow(&caller{name: "99"}, now) == nil || l.allow(&caller{name: "99"}, now.Add(time.Second)) != nil {
		t.Error("one a second is not what it allows")
	}
}

// A link lets one browser in, once.
func TestLinkIsOpenedTwiceThenTheSecondGetsNothing(t *testing.T) {
	r := newRig(t, func(c *Config) {
		c.BehindProxy = true
		c.Tokens = []string{"desktop " + strings.Repeat("ab", 32) + " contact:read"}
	})
	r.decide(decision("link-1", "linkperson", "link-call"))
	r.shows("link-call", "link-1")
	_, token, _ := strings.Cut(r.desk.Invite(), "#token=")
	r.token = token
	if a := r.ask("GET", "/v1/contacts/link-call", nil); a.status != http.StatusUnauthorized {
		t.Errorf("the link's token itself opens %s", a)
	}
	opened := r.ask("POST", "/session", nil)
	set := opened.header.Get("Set-Cookie")
	if opened.status != http.StatusNoContent || strings.Contains(set, token) || !strings.Contains(set, "HttpOnly") || !strings.Contains(set, "Partitioned") || !strings.Contains(set, "SameSite=None") {
		t.Errorf("opened, it answers %s with %s", opened, set)
	}
	if a := r.ask("POST", "/session", nil); a.status != http.StatusUnauthorized {
		t.Errorf("opened again, it answers %s", a)
	}
	r.token = ""
	session, _, _ := strings.Cut(set, ";")
	if a := r.ask("GET", "/v1/contacts/link-call", nil, "Cookie", session); a.status != http.StatusOK {
		t.Errorf("with the cookie it answers %s", a)
	}
	a := r.ask("POST", "/v1/contacts/link-call/feedback", feedbackCall{DecisionID: "link-1", Outcome: "shown"}, "Cookie", session, "Origin", "https://elsewhere.example")
	if a.status != http.StatusForbidden || !bytes.Contains(a.body, []byte("/problems/other-origin")) || a.header.Get("Content-Security-Policy") == "" {
		t.Errorf("a page of another site gets %s", a)
	}
	if a := r.ask("POST", "/v1/contacts/link-call/feedback", feedbackCall{DecisionID: "link-1", Outcome: "shown"}, "Cookie", session, "Origin", "http://"+r.desk.Addr()); a.status != http.StatusOK {
		t.Errorf("the desk's own page gets %s", a)
	}
	who := map[string]bool{}
	for _, v := range written[schemas.AccessAudit](r, schemas.TopicAccessAudit) {
		if v.PersonRef.Reveal() == "linkperson" {
			who[v.Who] = true
		}
	}
	if !who["link"] {
		t.Errorf("access-audit names %v", who)
	}
}
