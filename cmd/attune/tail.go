package main

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/kafka"
	"github.com/attune-health/attune/schemas"
)

func newTail() *cobra.Command {
	var flags configFlags
	var t tail
	cmd := &cobra.Command{
		Use:   "tail TOPIC",
		Short: "Print a topic's records as JSON lines, protected fields hidden",
		Example: `  attune tail next-best-actions -n 5
  attune tail contact-predictions --follow | jq .value.reasons[0]
  attune tail touchpoints.rejected --reveal`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return flags.withCluster(cmd, func(c *Config, cluster *kafka.Cluster) error {
				r, err := registry(c)
				if err != nil {
					return err
				}
				if t.viewer, err = schemas.NewViewer(r); err != nil {
					return err
				}
				t.generation = c.Topics.Generation
				t.topic, t.out = args[0], bufio.NewWriter(cmd.OutOrStdout())
				return errors.Join(t.run(cmd.Context(), cluster), t.out.Flush())
			})
		},
	}
	flags.add(cmd, "config", "brokers", "registry")
	cmd.Flags().IntVarP(&t.last, "last", "n", 10, "how many of the newest records; 0 for all")
	cmd.Flags().BoolVarP(&t.follow, "follow", "f", false, "go on with records as they come, until Ctrl-C")
	cmd.Flags().BoolVar(&t.reveal, "reveal", false, "show identifiers and health information")
	return cmd
}

// tail prints records of one topic.
type tail struct {
	topic  string
	last   int
	follow bool
	reveal bool
	viewer *schemas.Viewer

	generation string // of attune's own topics
	out        *bufio.Writer

	keyProtected bool
	foreign      bool   // source systems write the topic: nobody has cleaned it
	lines        []line // the newest, where last is given
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
	Problem   string            `json:"problem,omitempty"` // why the value is not shown
	at        int64
}

func (t *tail) run(ctx context.Context, cluster *kafka.Cluster) error {
	t.keyProtected, t.foreign = true, true
	for _, spec := range schemas.Topics(schemas.TopicConfig{Generation: t.generation}) {
		if spec.Name == t.topic {
			t.keyProtected, t.foreign = spec.KeyProtected, spec.Input
		}
	}
	spans, err := cluster.Spans(ctx, t.topic)
	if err != nil {
		return unavailable(err)
	}
	if err := cluster.Scan(ctx, spans, func(r *pipeline.Record) error { return t.record(ctx, r) }); err != nil {
		return err
	}
	slices.SortStableFunc(t.lines, func(a, b line) int { return int(a.at - b.at) })
	if t.last > 0 {
		t.lines = t.lines[max(0, len(t.lines)-t.last):]
	}
	for i := range t.lines {
		if err := t.print(&t.lines[i]); err != nil {
			return err
		}
	}
	if !t.follow {
		return nil
	}
	return t.continueFrom(ctx, cluster, spans)
}

// record keeps a record of the part that is there. More than a few thousand lines are thinned as
// they come: only the newest are printed.
func (t *tail) record(ctx context.Context, r *pipeline.Record) error {
	t.lines = append(t.lines, t.line(ctx, r))
	if t.last > 0 && len(t.lines) > 4*t.last+1000 {
		slices.SortStableFunc(t.lines, func(a, b line) int { return int(a.at - b.at) })
		t.lines = append(t.lines[:0], t.lines[len(t.lines)-t.last:]...)
	}
	return nil
}

// continueFrom prints records as they come.
func (t *tail) continueFrom(ctx context.Context, cluster *kafka.Cluster, spans map[pipeline.TopicPartition]kafka.Span) error {
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
			return unavailable(err)
		}
		for _, chunk := range chunks {
			var r pipeline.Record
			for chunk.Next(&r) {
				l := t.line(ctx, &r)
				if err := t.print(&l); err != nil {
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

func (t *tail) print(l *line) error {
	text, err := json.Marshal(l)
	if err != nil {
		return err
	}
	_, err = t.out.Write(append(text, '\n'))
	return err
}

func (t *tail) line(ctx context.Context, r *pipeline.Record) line {
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
	text, err := t.viewer.AppendJSON(ctx, nil, r.Value, t.reveal)
	if err != nil {
		l.Problem = err.Error()
		return l
	}
	if t.foreign && !t.reveal {
		text = conceal(text)
	}
	l.Value = text
	return l
}

func (t *tail) key(key []byte) string {
	if t.keyProtected && !t.reveal {
		return redacted
	}
	return text(key)
}

// shownHeaders are known to hold no patient data: ce_subject and others are, where sources write
// what they should not.
var shownHeaders = []string{schemas.HeaderID, schemas.HeaderSource, schemas.HeaderType, schemas.HeaderSpecVersion, schemas.HeaderTime,
	schemas.HeaderContentType, schemas.HeaderClock}

// header shows these, as far as they look like what they should be.
func (t *tail) header(h pipeline.Header) string {
	value := string(h.Value)
	switch {
	case t.reveal,
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

// text shows bytes: as they are where they are printable text, else as hex or base64.
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
