package inspect

import (
	"context"

	"github.com/attune-health/attune/internal/config"
	"github.com/attune-health/attune/internal/roles"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

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
func stateViewer(ctx context.Context, c *config.Config) (*schemas.Viewer, error) {
	v, err := schemas.NewViewer(schemas.SchemaTexts{})
	if err != nil {
		return nil, err
	}
	t, err := roles.OfflineTopology(ctx, c)
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
