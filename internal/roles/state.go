package roles

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"github.com/attune-health/attune/internal/config"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/state"
)

// openState opens the state storage that the configuration names. copies gives a task its copy of the
// changelog; call closing when no task is left.
func openState(c *config.StateConfig, instance string) (copies func(pipeline.TaskID) pipeline.Copy, closing func() error, err error) {
	if c.Backend != "pebble" {
		return nil, func() error { return nil }, nil
	}
	dir := c.Dir
	if dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return nil, nil, fmt.Errorf("state.dir is not set: %w", err)
		}
		dir = filepath.Join(cache, "attune-state")
	}
	p, err := state.OpenPebble(state.PebbleConfig{Dir: filepath.Join(dir, url.PathEscape(instance)), CacheBytes: c.CacheMB << 20, CacheEntries: c.CacheEntries, FreeBytes: c.FreeMB << 20, FlushBytes: c.FlushBytes})
	if err != nil {
		return nil, nil, err
	}
	return p.Copy, p.Close, nil
}
