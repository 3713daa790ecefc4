package connect

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/attune-health/attune/internal/config"
	"github.com/attune-health/attune/internal/exit"
	"github.com/attune-health/attune/pipeline/kafka"
	"github.com/attune-health/attune/schemas"
)

// Kafka connects to Kafka; the error says what to do.
func Kafka(ctx context.Context, c *config.Config) (*kafka.Cluster, error) {
	cluster, err := kafka.Dial(ctx, c.Kafka)
	if err != nil {
		return nil, exit.Unavailable(err)
	}
	return cluster, nil
}

// Registry connects to the schema registry.
func Registry(c *config.Config) (*schemas.Registry, error) { return registry(c, "") }

// CachedRegistry connects to the schema registry, and keeps on disk what it answers, for when it is away. A
// machine without a place for that goes without.
func CachedRegistry(c *config.Config) (*schemas.Registry, error) {
	dir := c.Registry.CacheDir
	if dir == "" {
		if cache, err := os.UserCacheDir(); err == nil {
			dir = filepath.Join(cache, "attune-schemas")
		}
	}
	return registry(c, dir)
}

func registry(c *config.Config, cacheDir string) (*schemas.Registry, error) {
	cfg := schemas.RegistryConfig{URL: c.Registry.URL, Username: c.Registry.Username, Password: schemas.Protected(c.Registry.Password), Token: schemas.Protected(c.Registry.Token), Timeout: c.Registry.Timeout, CacheDir: cacheDir}
	var err error
	if cfg.TLS, err = c.Registry.TLS(); err != nil {
		return nil, exit.Usage(err)
	}
	r, err := schemas.NewRegistry(cfg)
	if err != nil {
		return nil, exit.Usage(err)
	}
	return r, nil
}

// SchemaIDs are the ids that the registry has given to our schemas.
func SchemaIDs(ctx context.Context, c *config.Config, r *schemas.Registry) (schemas.IDs, error) {
	ids, err := r.IDs(ctx)
	if err != nil {
		return nil, exit.Unavailable(fmt.Errorf("schema registry %s: %w", c.Registry.URL, err))
	}
	return ids, nil
}

// SubjectProblem says why writers cannot use a subject, nil where they can.
func SubjectProblem(s *schemas.Subject) error {
	switch {
	case s.ID != 0:
		return nil
	case !s.Compatible:
		return fmt.Errorf("%s: our schema is not compatible with the latest: %s", s.Name, strings.Join(s.Problems, "; "))
	}
	return fmt.Errorf("%s is not registered; run attune schemas register", s.Name)
}
