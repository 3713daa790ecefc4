package config

import (
	"fmt"
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
