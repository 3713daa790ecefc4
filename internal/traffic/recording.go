package traffic

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/attune-health/attune/internal/exit"
	"github.com/attune-health/attune/sources"
	"github.com/attune-health/attune/sources/bank"
	"github.com/attune-health/attune/sources/jsonl"
)

// Recording says how recorded logs are read.
type Recording struct {
	// Format is one of formats.
	Format string
	// Order is event or file.
	Order string
}

// opens are the readers of the formats.
var opens = map[string]func(files []string, o sources.Options) (sources.Reader, error){
	bank.Format:  bank.Open,
	jsonl.Format: jsonl.Open,
}

// Formats lists the formats that can be read.
func Formats() []string { return slices.Sorted(maps.Keys(opens)) }

// Feed opens the files as one log.
func (r *Recording) Feed(files []string) (*Recorded, error) {
	reader, err := r.Reader(files)
	if err != nil {
		return nil, err
	}
	return &Recorded{reader: reader}, nil
}

// Reader reads the files as one log.
func (r *Recording) Reader(files []string) (sources.Reader, error) {
	open, ok := opens[r.Format]
	if !ok {
		return nil, exit.Usage(fmt.Errorf("format %q: must be one of %s", r.Format, strings.Join(Formats(), ", ")))
	}
	reader, err := open(files, sources.Options{Order: sources.Order(r.Order)})
	if err != nil {
		return nil, exit.Usage(err)
	}
	return reader, nil
}
