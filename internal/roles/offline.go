package roles

import (
	"context"

	attune "github.com/attune-health/attune"
	"github.com/attune-health/attune/internal/config"
	"github.com/attune-health/attune/internal/exit"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// OfflineTopology is this build's topology, good for asking what it keeps, not for running: no registry
// is asked, and a key that nothing is made with stands in for the site's.
func OfflineTopology(_ context.Context, c *config.Config) (*pipeline.Topology, error) {
	offline := *c
	offline.Run.IdentityKey = "nothing is made with this key"
	ids := schemas.IDs{}
	for _, t := range schemas.Topics(c.TopicConfig()) {
		ids[t.Name] = 1
	}
	cfg, err := TopologyConfig(&offline, ids, schemas.SchemaTexts{})
	if err != nil {
		return nil, err
	}
	t, err := attune.Topology(cfg)
	if err != nil {
		return nil, exit.Usage(err)
	}
	return t, nil
}
