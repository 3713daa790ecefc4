package main

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/state"
)

// StateConfig says where the processor keeps state between commits. The changelog topics have it in
// either case.
type StateConfig struct {
	Backend string `yaml:"backend"`  // memory (default) or pebble
	Dir     string `yaml:"dir"`      // of pebble; each instance has a directory in it; default attune-state in the user's cache
	CacheMB int64  `yaml:"cache_mb"` // of pebble: memory for what is in use; default 256
}

// Validate returns what is wrong.
func (c *StateConfig) Validate() error {
	switch {
	case c.Backend != "memory" && c.Backend != "pebble":
		return fmt.Errorf("state.backend: %q is not one of memory, pebble", c.Backend)
	case c.CacheMB < 16:
		return fmt.Errorf("state.cache_mb: %d is below 16", c.CacheMB)
	}
	return nil
}

// open opens what the configuration names: what gives tasks their copies of the changelog, and what
// closes it when no task is left.
func (c *StateConfig) open(instance string) (copies func(pipeline.TaskID) pipeline.Copy, closing func() error, err error) {
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
	p, err := state.OpenPebble(state.PebbleConfig{Dir: filepath.Join(dir, url.PathEscape(instance)), CacheBytes: c.CacheMB << 20})
	if err != nil {
		return nil, nil, err
	}
	return p.Copy, p.Close, nil
}
