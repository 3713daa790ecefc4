package roles

import (
	"context"

	attune "github.com/attune-health/attune"
	"github.com/attune-health/attune/internal/config"
	"github.com/attune-health/attune/internal/exit"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// OfflineTopology is this build's topology for asking which state it keeps; it cannot run. It asks no
// registry, and uses a stand-in for the site's secret key, since it makes no pseudonyms.
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
