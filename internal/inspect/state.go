package inspect

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"

	"github.com/attune-health/attune/internal/config"
	"github.com/attune-health/attune/internal/exit"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/kafka"
	"github.com/attune-health/attune/schemas"
)

// changelogs are the topics that hold state, by role.
func changelogs(c *config.Config) []changelogOf {
	return []changelogOf{
		{"identity", c.Own(schemas.TopicIdentityChangelog)},
		{"patient", c.Own(schemas.TopicPatientChangelog)},
		{"trainer", c.Own(schemas.TopicTrainerChangelog)},
	}
}

type changelogOf struct{ role, topic string }

// stateRecord is one record of a changelog. Store and key come from the record's key.
type stateRecord struct {
	role  string
	store string
	key   []byte
	*pipeline.Record
}

// eachState calls visit for every record of the changelogs, partition by partition, and done after each
// partition.
func eachState(ctx context.Context, cluster *kafka.Cluster, logs []changelogOf, visit func(r *stateRecord) error, done func(role string, partition int32)) error {
	for _, l := range logs {
		spans, err := cluster.Spans(ctx, l.topic)
		if err != nil {
			return exit.Unavailable(err)
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
	// Of keys and values, as they are in the changelog.
	bytes int64
	// Of the changelog, older ones and deletions with them.
	records int64
}

// sizes measures the state of every task. It holds the keys of one task at a time in memory.
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

// storeTitle is the name of one of the engine's own stores for readers.
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

// ListState prints what each task keeps.
func ListState(ctx context.Context, c *config.Config, cluster *kafka.Cluster, out io.Writer) error {
	all, err := sizes(ctx, cluster, changelogs(c))
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "ROLE\tTASK\tSTORE\tKEYS\tBYTES")
	for _, s := range all {
		fmt.Fprintf(w, "%s\t%d\t%s\t%d\t%d\n", s.role, s.task, storeTitle(s.store), s.keys, s.bytes)
	}
	return w.Flush()
}

// SumState prints the sum of each store over all tasks, and what a restore reads for it.
func SumState(ctx context.Context, c *config.Config, cluster *kafka.Cluster, out io.Writer) error {
	all, err := sizes(ctx, cluster, changelogs(c))
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "ROLE\tSTORE\tTASKS\tKEYS\tBYTES\tBYTES/KEY\tRECORDS")
	for _, s := range summed(all) {
		fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%d\t%d\t%d\n", s.role, storeTitle(s.store), s.tasks, s.keys, s.bytes, s.bytes/max(1, int64(s.keys)), s.records)
	}
	return w.Flush()
}
