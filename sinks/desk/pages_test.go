package desk

import (
	"bytes"
	"compress/gzip"
	"io"
	"maps"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/attune-health/attune/schemas"
)

var inline = regexp.MustCompile(`(?i)<script(?:[^>]*)>[^<]|<style| style=| on[a-z]+=|javascript:|https?://`)

// Pages hold no script, no style and no address of others, which their policy would not run anyway, and nothing of a
// patient.
func TestPagesHoldNothingInline(t *testing.T) {
	r := newRig(t, func(c *Config) {
		c.WritesCalls, c.FrameAncestors = true, []string{"https://apps.mypurecloud.com"}
	})
	for _, path := range []string{"/", "/contact", "/contact?conversationid=x&lang=es", "/live", "/person", "/health"} {
		a := r.ask("GET", path, nil, "Accept-Language", "fr, es-MX;q=0.9")
		if a.status != 200 || !strings.Contains(string(a.body), `lang="es"`) {
			t.Errorf("%s answers %s", path, a)
		}
		if found := inline.Find(a.body); found != nil {
			t.Errorf("%s holds %q", path, found)
		}
		policy := a.header.Get("Content-Security-Policy")
		if !strings.Contains(policy, "default-src 'none'; script-src 'self'") || strings.Contains(policy, "unsafe") || !strings.HasSuffix(policy, "frame-ancestors https://apps.mypurecloud.com") {
			t.Errorf("%s: the policy is %s", path, policy)
		}
	}
}

// An agent's page costs at most 60 kB, in a desktop's frame, too.
func TestContactIsSmall(t *testing.T) {
	r := newRig(t)
	for _, desktop := range []string{"", "/static/amazon-connect.js", "/static/genesys.js"} {
		n := 0
		for _, path := range []string{"/contact", "/static/desk.css", "/static/desk.js", "/static/en.json", "/static/icon.svg", desktop} {
			if path != "" {
				n += len(r.ask("GET", path, nil, "Accept-Encoding", "gzip").body)
			}
		}
		if n > 60_000 {
			t.Errorf("the page of a contact with %q takes %d bytes", desktop, n)
		}
	}
}

// What pages load comes compressed to whoever takes it so, and is the same.
func TestFilesComeCompressed(t *testing.T) {
	r := newRig(t)
	plain, zipped := r.ask("GET", "/static/desk.js", nil, "Accept-Encoding", "identity"), r.ask("GET", "/static/desk.js", nil, "Accept-Encoding", "gzip")
	if plain.header.Get("Content-Encoding") != "" || zipped.header.Get("Content-Encoding") != "gzip" || zipped.header.Get("Vary") != "Accept-Encoding" {
		t.Fatalf("headers are %v and %v", plain.header, zipped.header)
	}
	z, err := gzip.NewReader(bytes.NewReader(zipped.body))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil || !bytes.Equal(text, plain.body) {
		t.Errorf("unpacked it is something else: %v", err)
	}
}

var said = regexp.MustCompile(`say\('([a-z0-9_]+)'`)

// Each language says everything that pages and their script ask for.
func TestLanguagesSayTheSame(t *testing.T) {
	want := slices.Sorted(maps.Keys(texts["en"]))
	for language, words := range texts {
		if diff := cmp.Diff(want, slices.Sorted(maps.Keys(words))); diff != "" {
			t.Errorf("%s says other things than en:\n%s", language, diff)
		}
		for name, text := range words {
			if text == "" || strings.Count(text, "{") != strings.Count(texts["en"][name], "{") {
				t.Errorf("%s: %s is %q", language, name, text)
			}
		}
	}
	for _, name := range []string{"desk.js", "person.js", "health.js"} {
		script, err := static.ReadFile("static/" + name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range said.FindAllSubmatch(script, -1) {
			if word := string(m[1]); texts["en"][word] == "" && !strings.HasSuffix(word, "_") {
				t.Errorf("%s says %q, which no language has", name, word)
			}
		}
	}
}

// Whatever happens to a person has words.
func TestEveryStepHasWords(t *testing.T) {
	var codes []string
	for i := range 64 {
		codes = append(codes, schemas.WebEvent(i).String(), schemas.AppEvent(i).String(), schemas.CallEvent(i).String(), schemas.EhrEvent(i).String())
	}
	n := 0
	for _, code := range codes {
		if schemas.IsName(code) && !strings.ContainsAny(code, "(0123456789") {
			if n++; texts["en"]["e_"+code] == "" {
				t.Errorf("%s has no words", code)
			}
		}
	}
	if n < 60 {
		t.Errorf("only %d steps were looked at", n)
	}
	for c := range schemas.Channel(5) {
		if texts["en"]["ch_"+c.String()] == "" {
			t.Errorf("channel %s has no words", c)
		}
	}
}

// The Python of docs/desk.md works as it stands.
func TestPythonOfTheGuide(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("NO PYTHON: nobody has run the client of docs/desk.md")
	}
	guide, err := os.ReadFile("../../docs/desk.md")
	if err != nil {
		t.Fatal(err)
	}
	_, code, _ := strings.Cut(string(guide), "```python\n")
	code, _, _ = strings.Cut(code, "```")
	r := newRig(t)
	r.decide(decision("guide-1", "guideperson", "guide-call"))
	r.shows("guide-call", "guide-1")
	out, err := exec.CommandContext(t.Context(), python, "-c", code, r.url, "guide-call").CombinedOutput()
	if err != nil || !strings.Contains(string(out), "Put through to the pharmacy. -> route to pharmacy queue with brief") {
		t.Errorf("it prints %s (%v)", out, err)
	}
	if !slices.ContainsFunc(written[schemas.ActionOutcome](r, schemas.TopicActionOutcomes), func(o schemas.ActionOutcome) bool {
		return o.DecisionID == "guide-1" && o.Outcome == schemas.OutcomeShown
	}) {
		t.Error("that it was shown is not in the topic")
	}
}
