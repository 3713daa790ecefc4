package traffic

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/attune-health/attune/internal/config"
	"github.com/attune-health/attune/internal/connect"
	"github.com/attune-health/attune/internal/exit"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
	"github.com/attune-health/attune/sources"
)

// Standing takes one identifier out of use, or gives it back: a record on identity-links. The identifier
// comes from a reader and is told to nobody: arguments of commands are in histories and process lists.
type Standing struct {
	// Op is LinkOpQuarantine or LinkOpRelease.
	Op schemas.LinkOp
	// Kind is the kind of the identifier.
	Kind string
}

// Run reads the identifier, the first line, and sends the record.
func (s *Standing) Run(ctx context.Context, c *config.Config, in io.Reader) error {
	kind, ok := schemas.ParseIdentifierKind(s.Kind)
	if !ok || kind == schemas.IdentifierKindUnknown {
		return exit.Usage(fmt.Errorf("%q is no kind of identifier", s.Kind))
	}
	line, err := bufio.NewReader(in).ReadString('\n')
	if line = strings.TrimRight(line, "\r\n"); line == "" {
		return exit.Usage(fmt.Errorf("no identifier on standard input: %w", err))
	}
	cluster, err := connect.Kafka(ctx, c)
	if err != nil {
		return err
	}
	defer cluster.Close()
	r, err := connect.Registry(c)
	if err != nil {
		return err
	}
	ids, err := connect.SchemaIDs(ctx, c, r)
	if err != nil {
		return err
	}
	w, err := sources.NewWriter(ctx, cluster, ids, "attune.identity")
	if err != nil {
		return exit.Unavailable(err)
	}
	defer w.Close()
	id := schemas.Identifier{Kind: kind, Value: schemas.Protected(line)}
	return s.send(ctx, w, &id, schemas.MillisOf(time.Now()))
}

func (s *Standing) send(ctx context.Context, w *sources.Writer, id *schemas.Identifier, now schemas.Millis) error {
	l := schemas.IdentityLink{EventID: fmt.Sprintf("attune.identity/%s-%d", s.Op, now), OccurredAt: now, Op: s.Op, Identifier: *id, Subject: *id, Source: "attune identity"}
	e := sources.Event{Topic: schemas.TopicIdentityLinks, Key: []byte(id.Value.Reveal()), ID: l.EventID, OccurredAt: now, Value: w.Frame(schemas.TopicIdentityLinks, &l)}
	if err := w.Append(&e, pipeline.Time(now)); err != nil {
		return err
	}
	if err := w.Flush(ctx); err != nil {
		return exit.Unavailable(err)
	}
	return nil
}
