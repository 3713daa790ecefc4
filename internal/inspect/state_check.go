package inspect

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"

	"github.com/attune-health/attune/internal/config"
	"github.com/attune-health/attune/internal/exit"
	"github.com/attune-health/attune/internal/roles"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/kafka"
	"github.com/attune-health/attune/schemas"
)

type storeOf struct{ role, store string }

// verdict is what was found about one store.
type verdict struct {
	values, read int64
	// Values of another schema than this build's.
	older   int64
	schemas map[string]error
	broken  int64
	// The first problem found.
	problem error
	// This build has no such store.
	unknown bool
}

// StateCheck reads changelogs with this build's stores.
type StateCheck struct {
	// Full reads every value, not one in 64.
	Full bool

	topology *pipeline.Topology
	verdicts map[storeOf]*verdict

	// Of the partition, by role.
	tasks   map[string]*pipeline.Task
	numbers map[storeOf]map[uint32]string
}

// Run reads the state that is there and prints a verdict on each store.
func (k *StateCheck) Run(ctx context.Context, c *config.Config, cluster *kafka.Cluster, out io.Writer) error {
	if err := k.prepare(ctx, c); err != nil {
		return err
	}
	if err := eachState(ctx, cluster, changelogs(c), k.take, k.reset); err != nil {
		return err
	}
	return k.print(out)
}

func (k *StateCheck) prepare(ctx context.Context, c *config.Config) error {
	t, err := roles.OfflineTopology(ctx, c)
	if err != nil {
		return err
	}
	k.topology, k.verdicts = t, map[storeOf]*verdict{}
	k.reset("", 0)
	return nil
}

func (k *StateCheck) reset(string, int32) {
	k.tasks, k.numbers = map[string]*pipeline.Task{}, map[storeOf]map[uint32]string{}
}

func (k *StateCheck) task(role string) (*pipeline.Task, error) {
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

func (k *StateCheck) take(r *stateRecord) error {
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

func (k *StateCheck) verdict(of storeOf) *verdict {
	if k.verdicts[of] == nil {
		k.verdicts[of] = &verdict{schemas: map[string]error{}}
	}
	return k.verdicts[of]
}

// value compares the schema of a value with the store's, and decodes the values that are sampled. It
// removes a value at once, so that the check needs no memory for the state.
func (k *StateCheck) value(v *verdict, s pipeline.Store, r *stateRecord) {
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
	if k.Full || first || v.values%64 == 0 {
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

// words is the verdict in words; ok says whether the build can be deployed.
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

func (k *StateCheck) print(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
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
		err = errors.Join(err, exit.Failed(fmt.Errorf("%d stores break: do not deploy this build on this state", breaks)))
	}
	return err
}
