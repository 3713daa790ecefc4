package telemetrytest

import (
	"compress/gzip"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// Span is one span as it was exported. Ids are in hex; Parent is empty for the first of a trace.
type Span struct {
	Trace, ID, Parent string
	Name              string
	Attributes        map[string]string
}

// TraceParent is the header that a record carries whose cause the span is.
func (s Span) TraceParent() string { return "00-" + s.Trace + "-" + s.ID + "-01" }

// Collector takes what is exported until the test ends.
type Collector struct {
	URL string

	mu    sync.Mutex
	spans []Span
	raw   []byte
	errs  []error
}

// NewCollector starts a collector.
func NewCollector(t testing.TB) *Collector {
	t.Helper()
	c := &Collector{}
	server := httptest.NewServer(c)
	t.Cleanup(func() {
		server.Close()
		for _, err := range c.errs {
			t.Error(err)
		}
	})
	c.URL = server.URL
	return c
}

// ServeHTTP implements http.Handler.
func (c *Collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := read(r)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err == nil {
		c.raw = append(c.raw, body...)
		if strings.HasSuffix(r.URL.Path, "/traces") {
			err = c.take(body)
		}
	}
	if err != nil {
		c.errs = append(c.errs, fmt.Errorf("collector: %w", err))
		http.Error(w, err.Error(), http.StatusBadRequest)
	}
}

func read(r *http.Request) ([]byte, error) {
	in := io.Reader(r.Body)
	if r.Header.Get("Content-Encoding") == "gzip" {
		unzipped, err := gzip.NewReader(r.Body)
		if err != nil {
			return nil, err
		}
		in = unzipped
	}
	return io.ReadAll(in)
}

// take reads an export request: on the wire it is what TracesData is.
func (c *Collector) take(body []byte) error {
	var data tracepb.TracesData
	if err := proto.Unmarshal(body, &data); err != nil {
		return err
	}
	for _, resource := range data.ResourceSpans {
		for _, scope := range resource.ScopeSpans {
			for _, s := range scope.Spans {
				span := Span{Trace: hex.EncodeToString(s.TraceId), ID: hex.EncodeToString(s.SpanId), Parent: hex.EncodeToString(s.ParentSpanId), Name: s.Name, Attributes: map[string]string{}}
				for _, a := range s.Attributes {
					if i := a.Value.GetIntValue(); i != 0 || a.Value.GetStringValue() == "" {
						span.Attributes[a.Key] = fmt.Sprint(i)
					} else {
						span.Attributes[a.Key] = a.Value.GetStringValue()
					}
				}
				c.spans = append(c.spans, span)
			}
		}
	}
	return nil
}

// Spans returns the spans that have come.
func (c *Collector) Spans() []Span {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.spans)
}

// Raw returns everything that has come, uncompressed.
func (c *Collector) Raw() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.raw)
}
