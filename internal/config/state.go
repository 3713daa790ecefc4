package config

import (
	"errors"
	"fmt"
)

// StateConfig says where the processor keeps state between commits. The changelog topics have it in
// either case.
type StateConfig struct {
	// Backend is memory, or pebble, which is on disk, for state that is larger than memory.
	Backend string `yaml:"backend"`
	// Dir is where pebble keeps state; each instance has a directory in it. Default: attune-state in the
	// user's cache.
	Dir string `yaml:"dir"`
	// CacheMB is the memory of pebble for what is in use, in MiB.
	CacheMB int64 `yaml:"cache_mb"`
	// CacheEntries bounds the decoded values that pebble keeps in memory. 0 is one per 256 bytes of cache_mb.
	CacheEntries int64 `yaml:"cache_entries"`
	// FreeMB is how much of the disk stays free, in MiB. With less the process ends, before the disk is
	// full.
	FreeMB uint64 `yaml:"free_mb"`
	// FlushBytes is how much is written before pebble puts it on disk: what a crash may cost, and is
	// then read from the changelogs. 0 is half of what pebble holds in memory.
	FlushBytes int `yaml:"flush_bytes"`
}

// Validate returns every problem.
func (c *StateConfig) Validate() error {
	var errs []error
	if c.Backend != "memory" && c.Backend != "pebble" {
		errs = append(errs, fmt.Errorf("state.backend: %q is not one of memory, pebble", c.Backend))
	}
	if c.CacheMB < 16 {
		errs = append(errs, fmt.Errorf("state.cache_mb: %d is below 16", c.CacheMB))
	}
	if c.CacheEntries < 0 {
		errs = append(errs, fmt.Errorf("state.cache_entries: %d is below 0", c.CacheEntries))
	}
	if c.FlushBytes < 0 {
		errs = append(errs, fmt.Errorf("state.flush_bytes: %d is below 0", c.FlushBytes))
	}
	return errors.Join(errs...)
}
