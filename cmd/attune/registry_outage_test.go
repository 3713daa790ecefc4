package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// moodyRegistry stands before a plant's registry, and answers as long as mood is set.
type moodyRegistry struct {
	*httptest.Server
	mood atomic.Pointer[http.HandlerFunc]
}

func (p *plant) moodyRegistry() *moodyRegistry {
	p.t.Helper()
	target, err := url.Parse(p.parts.Registry.URL())
	if err != nil {
		p.t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.Transport = &http.Transport{} // the shared one is emptied whenever another test closes a server
	m := &moodyRegistry{}
	m.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if mood := m.mood.Load(); mood != nil {
			(*mood)(w, r)
			return
		}
		// Read whole before it is passed on: the first byte of an answer closes a question whose end the proxy has
		// not seen yet, and with it the connection to the registry.
		question, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(question))
		proxy.ServeHTTP(w, r)
	}))
	p.t.Cleanup(m.Close)
	return m
}

// says makes it answer everything with a page.
func (m *moodyRegistry) says(code int, page string) {
	var mood http.HandlerFunc = func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(code)
		_, _ = w.Write([]byte(page))
	}
	m.mood.Store(&mood)
}

// hangs makes it answer nothing until the client gives up.
func (m *moodyRegistry) hangs() {
	var mood http.HandlerFunc = func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	m.mood.Store(&mood)
}

func (m *moodyRegistry) recovers() { m.mood.Store(nil) }

// A record of a schema that has not been seen yet comes while the registry is away, in each way in which one is
// away. Its partition waits, calls of other partitions are answered, nothing is rejected, and the process starts
// anew meanwhile.
func TestRegistryIsAwayThenOnlyItsPartitionWaits(t *testing.T) {
	t.Parallel()
	p := newPlant(t, "")
	m := p.moodyRegistry()
	writeFile(t, p.config, strings.Replace(p.text("telemetry: {listen: '127.0.0.1:0'}\n"),
		"registry: {url: \""+p.parts.Registry.URL()+"\"", "registry: {timeout: 1s, url: \""+m.URL+"\"", 1))
	runs := start(t, "run", "--config", p.config)
	runs.ready(t)

	// Schemas that differ from ours in a word that means nothing: each has an id that nobody has asked for.
	foreign := func(name string) []byte {
		id := p.register("theirs-"+name, strings.Replace(schemas.TouchpointSchema, "{", `{"theirs": "`+name+`", `, 1))
		if id == p.ids[schemas.TopicTouchpointsWeb] {
			t.Fatal("the registry takes their schema for ours")
		}
		return append(schemas.AppendFrame(nil, id), p.framed(schemas.TopicTouchpointsWeb, step(name))[5:]...)
	}
	moods := map[string]func(){
		"503":       func() { m.says(http.StatusServiceUnavailable, "<html>no healthy upstream</html>") },
		"401":       func() { m.says(http.StatusUnauthorized, "<html>who?</html>") },
		"page":      func() { m.says(http.StatusOK, "<html>log in</html>") },
		"no-page":   func() { m.says(http.StatusNotFound, "<html>no such page</html>") },
		"no-answer": m.hangs,
	}
	for name, away := range moods {
		record := foreign(name)
		away()
		p.send(schemas.TopicTouchpointsWeb, 0, nil, record)
		runs.says(t, "partition is parked")
		p.send(schemas.TopicTouchpointsCall, 1, nil, p.framed(schemas.TopicTouchpointsCall, queued("during-"+name)))
		await(t, time.Minute, "the call during "+name+" passes", func() bool {
			_, passed := p.identified()["test/during-"+name+"/call"]
			return passed
		})
		if _, passed := p.identified()["test/"+name]; passed {
			t.Errorf("%s: passed, and nobody could know its schema", name)
		}
		if name == "503" {
			runs.stop(t)
			runs = start(t, "run", "--config", p.config)
			runs.says(t, "the schema registry cannot be asked")
			runs.says(t, "partition is parked")
		}
		m.recovers()
		await(t, time.Minute, "the touchpoint of "+name+" passes", func() bool {
			_, passed := p.identified()["test/"+name]
			return passed
		})
		if err := os.Truncate(runs.log, 0); err != nil {
			t.Fatal(err)
		}
	}
	if n := p.countRejected(); n > 0 {
		t.Errorf("%d records were rejected", n)
	}
	runs.stop(t)
}

func (p *plant) countRejected() (n int) {
	p.t.Helper()
	p.each(schemas.TopicTouchpointsRejected, func(*pipeline.Record) { n++ })
	return n
}
