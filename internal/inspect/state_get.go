package inspect

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/attune-health/attune/internal/config"
	"github.com/attune-health/attune/internal/exit"
	"github.com/attune-health/attune/pipeline/kafka"
	"github.com/attune-health/attune/schemas"
)

// ParseKey reads a key: text as it is, or 0x and hex digits.
func ParseKey(text string) ([]byte, error) {
	digits, isHex := strings.CutPrefix(text, "0x")
	if !isHex {
		return []byte(text), nil
	}
	key, err := hex.DecodeString(digits)
	if err != nil {
		return nil, errors.New("KEY: not hex digits after 0x")
	}
	return key, nil
}

// StateGet finds the values of one key.
type StateGet struct {
	Store string
	// Key is a person_ref, which finds all of the person's shards, or the whole key.
	Key []byte
	// Reveal shows identifiers and health information.
	Reveal bool

	viewer *schemas.Viewer
	out    *bufio.Writer

	// Schemas of the store in this partition, by number.
	schemas map[uint32]string
	// By key.
	found map[string]stateLine
	any   bool
	// Names of the stores that were seen.
	stores map[string]bool
}

// stateLine is one value, ready to print.
type stateLine struct {
	Role      string          `json:"role"`
	Task      int32           `json:"task"`
	Store     string          `json:"store"`
	Key       string          `json:"key"`
	Offset    int64           `json:"offset"`
	Timestamp string          `json:"timestamp"`
	Schema    uint32          `json:"schema,omitempty"`
	Value     json.RawMessage `json:"value"`
	// Why the value is not shown.
	Problem string `json:"problem,omitempty"`
}

// Run prints the values of the key.
func (g *StateGet) Run(ctx context.Context, c *config.Config, cluster *kafka.Cluster, out io.Writer) (err error) {
	if g.viewer, err = stateViewer(ctx, c); err != nil {
		return err
	}
	g.out = bufio.NewWriter(out)
	return errors.Join(g.search(ctx, cluster, changelogs(c)), g.out.Flush())
}

func (g *StateGet) search(ctx context.Context, cluster *kafka.Cluster, logs []changelogOf) error {
	g.schemas, g.found, g.stores = map[uint32]string{}, map[string]stateLine{}, map[string]bool{}
	if err := eachState(ctx, cluster, logs, g.take, g.print); err != nil {
		return err
	}
	if !g.any && !g.stores[g.Store] {
		return exit.Usage(fmt.Errorf("no store %q; attune state list names them", g.Store))
	}
	if !g.any {
		return exit.Failed(fmt.Errorf("store %s: nothing under that key", g.Store))
	}
	return nil
}

func (g *StateGet) take(r *stateRecord) error {
	g.stores[r.store] = true
	if r.store == "~schema" {
		if store, number, ok := schemaKey(r.key); ok && store == g.Store {
			g.schemas[number] = string(r.Value)
		}
		return nil
	}
	rest, ok := bytes.CutPrefix(r.key, g.Key)
	if r.store != g.Store || !ok || len(rest) > 0 && rest[0] != '/' {
		return nil
	}
	if r.Value == nil {
		delete(g.found, string(r.key))
		return nil
	}
	g.found[string(r.key)] = g.line(r)
	return nil
}

// schemaKey splits the key of a schema in the changelog.
func schemaKey(key []byte) (store string, number uint32, ok bool) {
	name, rest, ok := bytes.Cut(key, []byte{0})
	n, size := binary.Uvarint(rest)
	return string(name), uint32(n), ok && size == len(rest) && size > 0
}

func (g *StateGet) line(r *stateRecord) stateLine {
	l := stateLine{Role: r.role, Task: r.Partition, Store: r.store, Key: redacted, Offset: r.Offset,
		Timestamp: time.UnixMilli(r.Timestamp).UTC().Format(time.RFC3339Nano), Value: json.RawMessage("null")}
	if g.Reveal {
		l.Key = text(r.key)
	}
	number, size := binary.Uvarint(r.Value)
	schema, known := g.schemas[uint32(number)]
	if size <= 0 || !known {
		l.Problem = fmt.Sprintf("%d bytes without a schema", len(r.Value))
		return l
	}
	l.Schema = uint32(number)
	value, err := g.viewer.AppendPayload(nil, schema, r.Value[size:], g.Reveal)
	if err != nil {
		l.Problem = err.Error()
		return l
	}
	l.Value = value
	return l
}

func (g *StateGet) print(string, int32) {
	for _, key := range slices.Sorted(maps.Keys(g.found)) {
		l := g.found[key]
		if text, err := json.Marshal(&l); err == nil {
			_, _ = g.out.Write(append(text, '\n')) // Flush tells
		}
		g.any = true
	}
	clear(g.found)
	clear(g.schemas)
}
