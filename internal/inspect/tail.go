package inspect

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/attune-health/attune/internal/config"
	"github.com/attune-health/attune/internal/connect"
	"github.com/attune-health/attune/internal/exit"
	"github.com/attune-health/attune/operators/identify"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/kafka"
	"github.com/attune-health/attune/schemas"
)

// Tail prints records of one topic.
type Tail struct {
	Topic string
	// Last is how many of the newest records there are to print; 0 is all.
	Last int
	// Follow goes on with records as they come.
	Follow bool
	// Reveal shows identifiers and health information.
	Reveal bool

	viewer *schemas.Viewer
	// Of attune's own topics.
	generation string
	out        *bufio.Writer

	keyProtected bool
	// Source systems write the topic: nobody has cleaned it.
	foreign bool
	finder  *identify.Finder
	// The newest, where last is given.
	lines []line
}

// line is one record ready to print.
type line struct {
	Topic     string            `json:"topic"`
	Partition int32             `json:"partition"`
	Offset    int64             `json:"offset"`
	Timestamp string            `json:"timestamp"`
	Key       any               `json:"key"`
	Headers   map[string]string `json:"headers,omitempty"`
	Value     json.RawMessage   `json:"value"`
	// Why the value is not shown.
	Problem string `json:"problem,omitempty"`
	at      int64
}

// Run prints the newest records, and with Follow goes on until ctx ends.
func (t *Tail) Run(ctx context.Context, c *config.Config, cluster *kafka.Cluster, out io.Writer) error {
	r, err := connect.Registry(c)
	if err != nil {
		return err
	}
	if t.viewer, err = schemas.NewViewer(r); err != nil {
		return err
	}
	t.generation, t.out = c.Topics.Generation, bufio.NewWriter(out)
	identifiers := c.Graph.Identify
	identifiers.SetDefaults()
	t.finder = identify.NewFinder(&identifiers)
	return errors.Join(t.print(ctx, cluster), t.out.Flush())
}

func (t *Tail) print(ctx context.Context, cluster *kafka.Cluster) error {
	t.keyProtected, t.foreign = true, true
	for _, spec := range schemas.Topics(schemas.TopicConfig{Generation: t.generation}) {
		if spec.Name == t.Topic {
			t.keyProtected, t.foreign = spec.KeyProtected, spec.Input
		}
	}
	spans, err := cluster.Spans(ctx, t.Topic)
	if err != nil {
		return exit.Unavailable(err)
	}
	if err := cluster.Scan(ctx, spans, func(r *pipeline.Record) error { return t.record(ctx, r) }); err != nil {
		return err
	}
	slices.SortStableFunc(t.lines, func(a, b line) int { return int(a.at - b.at) })
	if t.Last > 0 {
		t.lines = t.lines[max(0, len(t.lines)-t.Last):]
	}
	for i := range t.lines {
		if err := t.write(&t.lines[i]); err != nil {
			return err
		}
	}
	if !t.Follow {
		return nil
	}
	return t.continueFrom(ctx, cluster, spans)
}

// record keeps a record for printing. If there are more than a few thousand it drops old ones on the
// way: only the newest are printed.
func (t *Tail) record(ctx context.Context, r *pipeline.Record) error {
	t.lines = append(t.lines, t.line(ctx, r))
	if t.Last > 0 && len(t.lines) > 4*t.Last+1000 {
		slices.SortStableFunc(t.lines, func(a, b line) int { return int(a.at - b.at) })
		t.lines = append(t.lines[:0], t.lines[len(t.lines)-t.Last:]...)
	}
	return nil
}

// continueFrom prints records as they arrive.
func (t *Tail) continueFrom(ctx context.Context, cluster *kafka.Cluster, spans map[pipeline.TopicPartition]kafka.Span) error {
	positions := map[pipeline.TopicPartition]int64{}
	for tp, span := range spans {
		positions[tp] = span.To
	}
	fetcher := cluster.NewFetcher(pipeline.FetcherConfig{})
	defer fetcher.Close()
	fetcher.Assign(positions)
	for {
		if err := t.out.Flush(); err != nil {
			return err
		}
		chunks, err := fetcher.Poll(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return exit.Unavailable(err)
		}
		for _, chunk := range chunks {
			var r pipeline.Record
			for chunk.Next(&r) {
				l := t.line(ctx, &r)
				if err := t.write(&l); err != nil {
					return err
				}
			}
			if err := chunk.Err(); err != nil {
				return err
			}
			chunk.Release()
		}
	}
}

func (t *Tail) write(l *line) error {
	text, err := json.Marshal(l)
	if err != nil {
		return err
	}
	_, err = t.out.Write(append(text, '\n'))
	return err
}

func (t *Tail) line(ctx context.Context, r *pipeline.Record) line {
	l := line{Topic: r.Topic, Partition: r.Partition, Offset: r.Offset, at: r.Timestamp, Timestamp: time.UnixMilli(r.Timestamp).UTC().Format(time.RFC3339Nano), Value: json.RawMessage("null")}
	if r.Key != nil {
		l.Key = t.key(r.Key)
	}
	for _, h := range r.Headers {
		if l.Headers == nil {
			l.Headers = map[string]string{}
		}
		l.Headers[h.Key] = t.header(h)
	}
	if r.Value == nil {
		return l
	}
	if isChangelog(r.Topic) || hasWatermark(r) {
		l.Problem = fmt.Sprintf("%d bytes of engine state", len(r.Value))
		return l
	}
	text, err := t.viewer.AppendJSON(ctx, nil, schemas.WithFrame(r.Headers, r.Value), t.Reveal)
	if err != nil {
		l.Problem = err.Error()
		return l
	}
	if t.foreign && !t.Reveal {
		// What is hidden is needed to find it in ids, where a source has put it.
		whole, err := t.viewer.AppendJSON(ctx, nil, schemas.WithFrame(r.Headers, r.Value), true)
		if err != nil {
			l.Problem = err.Error()
			return l
		}
		ids := identifiersIn(whole)
		text = conceal(text, func(reference string) bool { return t.finder.Holds(ids, reference) })
	}
	l.Value = text
	return l
}

func (t *Tail) key(key []byte) string {
	if t.keyProtected && !t.Reveal {
		return redacted
	}
	return text(key)
}

// shownHeaders are known to hold no patient data. Others, such as ce_subject, may: sources write there
// what they like.
var shownHeaders = []string{schemas.HeaderID, schemas.HeaderSource, schemas.HeaderType, schemas.HeaderSpecVersion, schemas.HeaderTime,
	schemas.HeaderContentType, schemas.HeaderClock}

// header shows a header of this list, if its value looks like what it should be.
func (t *Tail) header(h pipeline.Header) string {
	value := string(h.Value)
	switch {
	case t.Reveal,
		h.Key == schemas.HeaderTraceParent && traceParent.MatchString(value),
		slices.Contains(shownHeaders, h.Key) && schemas.IsReference(value):
		return text(h.Value)
	}
	return redacted
}

func isChangelog(topic string) bool { return strings.Contains(topic, "-changelog") } // of any generation

func hasWatermark(r *pipeline.Record) bool {
	return slices.ContainsFunc(r.Headers, func(h pipeline.Header) bool { return h.Key == pipeline.WatermarkHeader })
}

// text shows bytes: printable text as it is, anything else as hex or base64.
func text(b []byte) string {
	printable := utf8.Valid(b) && !slices.ContainsFunc(b, func(c byte) bool { return c < ' ' })
	switch {
	case printable:
		return string(b)
	case len(b) <= 16:
		return hex.EncodeToString(b)
	}
	return base64.StdEncoding.EncodeToString(b)
}
