package traffic

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/attune-health/attune/benchmarks/journeys"
	"github.com/attune-health/attune/internal/config"
	"github.com/attune-health/attune/internal/connect"
	"github.com/attune-health/attune/internal/exit"
	"github.com/attune-health/attune/internal/verify"
	"github.com/attune-health/attune/schemas"
	"github.com/attune-health/attune/sources"
	"github.com/attune-health/attune/sources/jsonl"
)

// Production is one run of `attune simulate` or `attune import`: a feed to a cluster that is already there.
type Production struct {
	// Source is the CloudEvents source of what is sent.
	Source string
	// Speed of the feed's clock relative to ours; 0 is as fast as possible.
	Speed float64
	// Ledger is a file that says what was sent, one JSON object a line; empty: none.
	Ledger string
	// Output is a file that the records go to instead of a cluster, as format touchpoints-jsonl; compressed
	// where its name ends so. Empty: to the cluster.
	Output string
	// Told hears how many records were sent.
	Told io.Writer
}

// Run sends until the feed or ctx ends; neither is an error.
func (p *Production) Run(ctx context.Context, c *config.Config, f Feed) error {
	if p.Output != "" {
		return p.write(ctx, f)
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
	w, err := sources.NewWriter(ctx, cluster, ids, p.Source)
	if err != nil {
		return exit.Unavailable(err)
	}
	defer w.Close()
	sending := &Pump{Writer: w, Speed: p.Speed}
	if p.Ledger != "" {
		file, err := os.Create(p.Ledger)
		if err != nil {
			return exit.Usage(fmt.Errorf("--ledger: %w", err))
		}
		defer file.Close()
		sending.ledger = journeys.NewLedger(file)
	}
	if err := sending.Run(ctx, f); err != nil {
		return err
	}
	fmt.Fprintf(p.Told, "sent %d records\n", w.Sent())
	return nil
}

// write writes the feed to a file, as fast as it goes.
func (p *Production) write(ctx context.Context, f Feed) error {
	file, err := os.Create(p.Output)
	if err != nil {
		return exit.Usage(fmt.Errorf("--output: %w", err))
	}
	defer file.Close()
	var out io.WriteCloser = file
	if strings.HasSuffix(p.Output, ".gz") {
		out = gzip.NewWriter(file)
	}
	w, err := jsonl.NewWriter(out)
	if err != nil {
		return err
	}
	n := 0
	for ; ctx.Err() == nil; n++ {
		i, err := f.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = writeItem(w, &i)
		}
		if err != nil {
			return err
		}
	}
	if err := errors.Join(w.Flush(), out.Close()); err != nil {
		return fmt.Errorf("--output: %w", err)
	}
	fmt.Fprintf(p.Told, "wrote %d records\n", n)
	return nil
}

// writeItem writes one record. One that no reader could read is left out: a log has no such line.
func writeItem(w *jsonl.Writer, i *Item) error {
	switch v := i.record.(type) {
	case *schemas.Touchpoint:
		return w.Write(v)
	case *schemas.IdentityLink:
		return w.WriteLink(v)
	case *schemas.Consent:
		return w.WriteConsent(v)
	}
	return nil
}

// SentIn reads the ledger of a production for the verifier.
func SentIn(file string) ([]verify.Sent, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var sent []verify.Sent
	err = journeys.ReadLedger(f, func(e journeys.Entry) error {
		sent = append(sent, verify.Sent{Topic: e.Topic, Kind: e.Kind, SHA: e.SHA, Refuse: e.Bad})
		return nil
	})
	return sent, err
}
