package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/kafka"
	"github.com/attune-health/attune/schemas"
)

func newState() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "state",
		Short: "Look at the processor's state in its changelogs, or check that this build can read it",
		Long: `Look at the processor's state in its changelogs, or check that this build can read it. All of these read
the committed records of the changelog topics and nothing else: a running processor does not notice.`,
		RunE: subcommandNeeded,
	}
	cmd.AddCommand(newStateList(), newStateSize(), newStateGet(), newStateCheck())
	return cmd
}

// changelogs are the topics that hold state, by role.
func (c *Config) changelogs() []changelogOf {
	return []changelogOf{
		{"identity", c.own(schemas.TopicIdentityChangelog)},
		{"patient", c.own(schemas.TopicPatientChangelog)},
		{"trainer", c.own(schemas.TopicTrainerChangelog)},
	}
}

type changelogOf struct{ role, topic string }

// stateRecord is one record of a changelog: store and key are parts of its key.
type stateRecord struct {
	role  string
	store string
	key   []byte
	*pipeline.Record
}

// eachState gives every record of the changelogs to visit, partition by partition. done is called after
// each partition.
func eachState(ctx context.Context, cluster *kafka.Cluster, logs []changelogOf, visit func(r *stateRecord) error, done func(role string, partition int32)) error {
	for _, l := range logs {
		spans, err := cluster.Spans(ctx, l.topic)
		if err != nil {
			return unavailable(err)
		}
		for p := range int32(len(spans)) {
			tp := pipeline.TopicPartition{Topic: l.topic, Partition: p}
			err := cluster.Scan(ctx, map[pipeline.TopicPartition]kafka.Span{tp: spans[tp]}, func(r *pipeline.Record) error {
				store, key, ok := bytes.Cut(r.Key, []byte{0})
				if !ok {
					return fmt.Errorf("%s/%d offset %d: a key without a store", l.topic, p, r.Offset)
				}
				return visit(&stateRecord{l.role, string(store), key, r})
			})
			if err != nil {
				return err
			}
			done(l.role, p)
		}
	}
	return nil
}

// stateSize is what one task keeps in one store.
type stateSize struct {
	role, store string
	task        int32
	tasks       int
	keys        int
	bytes       int64 // of keys and values, as they are in the changelog
	records     int64 // of the changelog, older ones and deletions with them
}

// sizes measures the state of every task. Memory holds the keys of one task at a time.
func sizes(ctx context.Context, cluster *kafka.Cluster, logs []changelogOf) ([]stateSize, error) {
	var all []stateSize
	live := map[string]map[string]int{} // store, key: bytes of the value
	records := map[string]int64{}
	err := eachState(ctx, cluster, logs, func(r *stateRecord) error {
		if live[r.store] == nil {
			live[r.store] = map[string]int{}
		}
		records[r.store]++
		if r.Value == nil {
			delete(live[r.store], string(r.key))
		} else {
			live[r.store][string(r.key)] = len(r.Value)
		}
		return nil
	}, func(role string, partition int32) {
		for store, keys := range live {
			s := stateSize{role: role, store: store, task: partition, tasks: 1, keys: len(keys), records: records[store]}
			for key, value := range keys {
				s.bytes += int64(len(store) + 1 + len(key) + value)
			}
			all = append(all, s)
		}
		clear(live)
		clear(records)
	})
	slices.SortFunc(all, func(a, b stateSize) int {
		return cmp.Or(cmp.Compare(a.role, b.role), cmp.Compare(a.task, b.task), cmp.Compare(a.store, b.store))
	})
	return all, err
}

// storeTitle names the engine's own stores in words.
func storeTitle(store string) string {
	switch store {
	case "~task":
		return "(position)"
	case "~timer":
		return "(timers)"
	case "~schema":
		return "(schemas)"
	}
	return store
}

func newStateList() *cobra.Command {
	var flags configFlags
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List what each task keeps: stores, keys and bytes",
		Example: "  attune state list --config attune.yaml",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return flags.withState(cmd, func(_ *Config, _ *kafka.Cluster, all []stateSize) error {
				w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 8, 2, ' ', 0)
				fmt.Fprintln(w, "ROLE\tTASK\tSTORE\tKEYS\tBYTES")
				for _, s := range all {
					fmt.Fprintf(w, "%s\t%d\t%s\t%d\t%d\n", s.role, s.task, storeTitle(s.store), s.keys, s.bytes)
				}
				return w.Flush()
			})
		},
	}
	flags.add(cmd, "config", "brokers")
	return cmd
}

func newStateSize() *cobra.Command {
	var flags configFlags
	cmd := &cobra.Command{
		Use:     "size",
		Short:   "Sum up each store over all tasks, and what a restore reads for it",
		Example: "  attune state size --config attune.yaml",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return flags.withState(cmd, func(_ *Config, _ *kafka.Cluster, all []stateSize) error {
				w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 8, 2, ' ', 0)
				fmt.Fprintln(w, "ROLE\tSTORE\tTASKS\tKEYS\tBYTES\tBYTES/KEY\tRECORDS")
				for _, s := range summed(all) {
					fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%d\t%d\t%d\n", s.role, storeTitle(s.store), s.tasks, s.keys, s.bytes, s.bytes/max(1, int64(s.keys)), s.records)
				}
				return w.Flush()
			})
		},
	}
	flags.add(cmd, "config", "brokers")
	return cmd
}

// summed adds up the tasks of each role and store.
func summed(all []stateSize) []stateSize {
	var sums []stateSize
	for _, s := range all {
		i := slices.IndexFunc(sums, func(o stateSize) bool { return o.role == s.role && o.store == s.store })
		if i < 0 {
			sums = append(sums, s)
			continue
		}
		sums[i].tasks++
		sums[i].keys += s.keys
		sums[i].bytes += s.bytes
		sums[i].records += s.records
	}
	return sums
}

func (f *configFlags) withState(cmd *cobra.Command, do func(c *Config, cluster *kafka.Cluster, all []stateSize) error) error {
	return f.withCluster(cmd, func(c *Config, cluster *kafka.Cluster) error {
		all, err := sizes(cmd.Context(), cluster, c.changelogs())
		if err != nil {
			return err
		}
		return do(c, cluster, all)
	})
}

func newStateGet() *cobra.Command {
	var flags configFlags
	var g stateGet
	cmd := &cobra.Command{
		Use:   "get STORE KEY",
		Short: "Print what a store keeps under a key as JSON lines, protected fields hidden",
		Long: `Print what a store keeps under a key as JSON lines, protected fields hidden. KEY is a person_ref, which finds all of the
person's shards, or the whole key of the store; keys that are no text are given as 0x and hex digits.`,
		Example: `  attune state get persons 5f2c...
  attune state get shards 5f2c... --reveal | jq .value.touchpoints`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			var err error
			if g.key, err = parseKey(args[1]); err != nil {
				return usage(err)
			}
			return flags.withCluster(cmd, func(c *Config, cluster *kafka.Cluster) error {
				if g.viewer, err = stateViewer(cmd.Context(), c); err != nil {
					return err
				}
				g.store, g.out = args[0], bufio.NewWriter(cmd.OutOrStdout())
				return errors.Join(g.run(cmd.Context(), cluster, c.changelogs()), g.out.Flush())
			})
		},
	}
	flags.add(cmd, "config", "brokers")
	cmd.Flags().BoolVar(&g.reveal, "reveal", false, "show identifiers and health information")
	return cmd
}

func parseKey(text string) ([]byte, error) {
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

// stateGet finds the values of one key.
type stateGet struct {
	store  string
	key    []byte
	reveal bool
	viewer *schemas.Viewer
	out    *bufio.Writer

	schemas map[uint32]string    // of the store in this partition
	found   map[string]stateLine // by key
	any     bool
	stores  map[string]bool // names that there are
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
	Problem   string          `json:"problem,omitempty"` // why the value is not shown
}

func (g *stateGet) run(ctx context.Context, cluster *kafka.Cluster, logs []changelogOf) error {
	g.schemas, g.found, g.stores = map[uint32]string{}, map[string]stateLine{}, map[string]bool{}
	if err := eachState(ctx, cluster, logs, g.take, g.print); err != nil {
		return err
	}
	if !g.any && !g.stores[g.store] {
		return usage(fmt.Errorf("no store %q; attune state list names them", g.store))
	}
	if !g.any {
		return &exitError{exitFailed, fmt.Errorf("store %s: nothing under that key", g.store)}
	}
	return nil
}

func (g *stateGet) take(r *stateRecord) error {
	g.stores[r.store] = true
	if r.store == "~schema" {
		if store, number, ok := schemaKey(r.key); ok && store == g.store {
			g.schemas[number] = string(r.Value)
		}
		return nil
	}
	rest, ok := bytes.CutPrefix(r.key, g.key)
	if r.store != g.store || !ok || len(rest) > 0 && rest[0] != '/' {
		return nil
	}
	if r.Value == nil {
		delete(g.found, string(r.key))
		return nil
	}
	g.found[string(r.key)] = g.line(r)
	return nil
}

// schemaKey parts the key of a schema in the changelog.
func schemaKey(key []byte) (store string, number uint32, ok bool) {
	name, rest, ok := bytes.Cut(key, []byte{0})
	n, size := binary.Uvarint(rest)
	return string(name), uint32(n), ok && size == len(rest) && size > 0
}

func (g *stateGet) line(r *stateRecord) stateLine {
	l := stateLine{Role: r.role, Task: r.Partition, Store: r.store, Key: redacted, Offset: r.Offset,
		Timestamp: time.UnixMilli(r.Timestamp).UTC().Format(time.RFC3339Nano), Value: json.RawMessage("null")}
	if g.reveal {
		l.Key = text(r.key)
	}
	number, size := binary.Uvarint(r.Value)
	schema, known := g.schemas[uint32(number)]
	if size <= 0 || !known {
		l.Problem = fmt.Sprintf("%d bytes without a schema", len(r.Value))
		return l
	}
	l.Schema = uint32(number)
	value, err := g.viewer.AppendPayload(nil, schema, r.Value[size:], g.reveal)
	if err != nil {
		l.Problem = err.Error()
		return l
	}
	l.Value = value
	return l
}

func (g *stateGet) print(string, int32) {
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
