package roles

import (
	"github.com/attune-health/attune/internal/config"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/runner"
)

// engineSettings translates the file's settings for the engine into the engine's own configuration.
func engineSettings(c *config.Config) runner.Config {
	r := &c.Run
	delivery := runner.ExactlyOnce
	if r.Delivery == "at-least-once" {
		delivery = runner.AtLeastOnce
	}
	difference := pipeline.ReplayStops
	if r.OnReplayDifference == "resume" {
		difference = pipeline.ReplayResumes
	}
	return runner.Config{
		Group: c.RunGroup(), Workers: r.Workers, Delivery: delivery, Standbys: r.Standbys,
		CommitInterval: r.CommitInterval, CheckpointInterval: r.CheckpointInterval, UrgentInterval: r.UrgentInterval,
		TickInterval: r.TickInterval, LagInterval: r.LagInterval, CommitTimeout: r.CommitTimeout, DrainTimeout: r.DrainTimeout,
		RestartBackoff: r.RestartBackoff, MaxBacklog: r.MaxBacklog, MaxPending: r.MaxPending,
		Fetch: r.Fetcher(), Producer: r.Producer(), Member: r.Member(),
		OnReplayDifference: difference,
	}
}
