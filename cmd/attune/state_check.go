package main

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
	"text/tabwriter"

	"github.com/spf13/cobra"

	attune "github.com/attune-health/attune"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/kafka"
	"github.com/attune-health/attune/schemas"
)

func newStateCheck() *cobra.Command {
	var flags configFlags
	var full bool
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Say, before it is deployed, whether this build reads the state that is there",
		Long: `Say, before it is deployed, whether this build reads the state that is there: compares the schemas in the changelogs
with this build's, and reads a sample of the values, or all of them with --full. Exit code 1 where something breaks.`,
		Example: "  attune state check --config attune.yaml --full",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return flags.withCluster(cmd, func(c *Config, cluster *kafka.Cluster) error {
				t, err := offlineTopology(cmd.Context(), c)
				if err != nil {
					return err
				}
				check := stateCheck{topology: t, full: full, verdicts: map[storeOf]*verdict{}}
				if err := check.run(cmd.Context(), cluster, c.changelogs()); err != nil {
					return err
				}
				return check.print(cmd)
			})
		},
	}
	flags.add(cmd, "config", "brokers")
	cmd.Flags().BoolVar(&full, "full", false, "read every value, not one in 64")
	return cmd
}

// offlineTopology is this build's topology, good for asking what it keeps, not for running: no registry
// is asked, and a key that nothing is made with stands in for the site's.
func offlineTopology(ctx context.Context, c *Config) (*pipeline.Topology, error) {
	offline := *c
	offline.Run.IdentityKey = "nothing is made with this key"
	ids := schemas.IDs{}
	for _, t := range schemas.Topics(c.topics()) {
		ids[t.Name] = 1
	}
	cfg, err := offline.topologyConfig(ctx, ids, schemas.SchemaTexts{})
	if err != nil {
		return nil, err
	}
	t, err := attune.Topology(cfg)
	if err != nil {
		return nil, usage(err)
	}
	return t, nil
}

// offlineTask builds a task of a role that keeps state, empty.
func offlineTask(t *pipeline.Topology, role *pipeline.Role) (*pipeline.Task, error) {
	env := pipeline.Environment{
		Partitions: func(string) (int32, error) { return 1, nil },
		Table:      func(string) *pipeline.LiveTable { return nil },
	}
	return pipeline.NewTask(t, role, pipeline.TopicPartition{Topic: role.Sources[0].Topic}, env, nowhere{})
}

// nowhere takes what a task emits.
type nowhere struct{}

func (nowhere) Append(*pipeline.OutRecord) error { return nil }

// stateViewer shows state of this build's schemas.
func stateViewer(ctx context.Context, c *Config) (*schemas.Viewer, error) {
	v, err := schemas.NewViewer(schemas.SchemaTexts{})
	if err != nil {
		return nil, err
	}
	t, err := offlineTopology(ctx, c)
	if err != nil {
		return nil, err
	}
	for i := range t.Roles {
		if t.Roles[i].Changelog == "" {
			continue
		}
		task, err := offlineTask(t, &t.Roles[i])
		if err != nil {
			return nil, err
		}
		for _, s := range task.DeclaredStores() {
			if schema := storeSchema(s); schema != "" {
				if err := v.Know(schema); err != nil {
					return nil, err
				}
			}
		}
	}
	return v, nil
}

func storeSchema(s pipeline.Store) string {
	if v, ok := s.(pipeline.VersionedStore); ok {
		return v.Schema()
	}
	return ""
}

type storeOf struct{ role, store string }

// verdict is what can be said of one store.
type verdict struct {
	values, read int64
	older        int64 // values of another schema than this build's
	schemas      map[string]error
	broken       int64
	problem      error // the first
	unknown      bool  // this build has no such store
}

// stateCheck reads changelogs with this build's stores.
type stateCheck struct {
	topology *pipeline.Topology
	full     bool
	verdicts map[storeOf]*verdict

	tasks   map[string]*pipeline.Task // of the partition, by role
	numbers map[storeOf]map[uint32]string
}

func (k *stateCheck) run(ctx context.Context, cluster *kafka.Cluster, logs []changelogOf) error {
	k.reset("", 0)
	return eachState(ctx, cluster, logs, k.take, k.reset)
}

func (k *stateCheck) reset(string, int32) {
	k.tasks, k.numbers = map[string]*pipeline.Task{}, map[storeOf]map[uint32]string{}
}

func (k *stateCheck) task(role string) (*pipeline.Task, error) {
	if t := k.tasks[role]; t != nil {
		return t, nil
	}
	for i := range k.topology.Roles {
		if r := &k.topology.Roles[i]; r.Name == role && r.Changelog != "" {
			t, err := offlineTask(k.topology, r)
			k.tasks[role] = t
			return t, err
		}
	}
	return nil, fmt.Errorf("this build has no role %s with state", role)
}

func (k *stateCheck) take(r *stateRecord) error {
	task, err := k.task(r.role)
	if err != nil {
		return err
	}
	switch {
	case r.Value == nil:
		return nil
	case r.store == "~schema":
		if store, number, ok := schemaKey(r.key); ok {
			of := storeOf{r.role, store}
			if k.numbers[of] == nil {
				k.numbers[of] = map[uint32]string{}
			}
			k.numbers[of][number] = string(r.Value)
		}
		return task.Restore(r.Record)
	}
	v := k.verdict(storeOf{r.role, r.store})
	v.values++
	if r.store[0] == '~' {
		v.try(func() error { return task.Restore(r.Record) })
		return nil
	}
	i := slices.IndexFunc(task.DeclaredStores(), func(s pipeline.Store) bool { return s.Name() == r.store })
	if v.unknown = i < 0; v.unknown {
		return nil
	}
	k.value(v, task.DeclaredStores()[i], r)
	return nil
}

func (k *stateCheck) verdict(of storeOf) *verdict {
	if k.verdicts[of] == nil {
		k.verdicts[of] = &verdict{schemas: map[string]error{}}
	}
	return k.verdicts[of]
}

// value compares the schema of a value with the store's, and reads it where its turn has come. It is
// taken out again at once: the check needs no memory for the state.
func (k *stateCheck) value(v *verdict, s pipeline.Store, r *stateRecord) {
	first := v.values == 1
	if ours := storeSchema(s); ours != "" {
		number, _ := binary.Uvarint(r.Value)
		writer := k.numbers[storeOf{r.role, r.store}][uint32(number)]
		if writer != ours {
			v.older++
			if _, seen := v.schemas[writer]; !seen {
				_, v.schemas[writer] = schemas.NewTranslator(ours, writer)
				first = true
			}
		}
	}
	if k.full || first || v.values%64 == 0 {
		v.try(func() error { return s.Restore(r.key, r.Value) })
		_ = s.Restore(r.key, nil) // deletes what is there, which cannot fail
	}
}

func (v *verdict) try(read func() error) {
	v.read++
	if err := read(); err != nil {
		v.broken++
		if v.problem == nil {
			v.problem = err
		}
	}
}

// words is the verdict, ok whether the build can be deployed.
func (v *verdict) words() (text string, ok bool) {
	for _, err := range v.schemas {
		if err != nil {
			return "breaks: " + err.Error(), false
		}
	}
	switch {
	case v.problem != nil:
		return fmt.Sprintf("breaks: %d of %d values that were read: %v", v.broken, v.read, v.problem), false
	case v.unknown:
		return "no longer kept: it is passed over", true
	case v.older > 0:
		return fmt.Sprintf("readable: %d of %d values have another schema and are resolved", v.older, v.values), true
	}
	return "unchanged", true
}

func (k *stateCheck) print(cmd *cobra.Command) error {
	w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "ROLE\tSTORE\tVALUES\tREAD\tVERDICT")
	breaks := 0
	order := slices.SortedFunc(maps.Keys(k.verdicts), func(a, b storeOf) int {
		return cmp.Or(cmp.Compare(a.role, b.role), cmp.Compare(a.store, b.store))
	})
	for _, of := range order {
		v := k.verdicts[of]
		text, ok := v.words()
		if !ok {
			breaks++
		}
		fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%s\n", of.role, storeTitle(of.store), v.values, v.read, text)
	}
	err := w.Flush()
	if breaks > 0 {
		err = errors.Join(err, &exitError{exitFailed, fmt.Errorf("%d stores break: do not deploy this build on this state", breaks)})
	}
	return err
}
