package runner

import (
	"testing"
	"time"

	"github.com/attune-health/attune/pipeline"
)

// The urgent feed is asked for as often as commits may come, the others a few times in a commit interval:
// where nothing is urgent, nothing waits for anything more urgent.
func TestFeedsAreAskedForAsOftenAsItHelps(t *testing.T) {
	urgent := pipeline.Role{Sources: []pipeline.Source{{Topic: "calls", Priority: 1}, {Topic: "views"}}}
	plain := pipeline.Role{Sources: []pipeline.Source{{Topic: "views"}}}
	for _, c := range []struct {
		name  string
		role  pipeline.Role
		fetch pipeline.FetcherConfig
		class int
		want  int
	}{
		{"urgent", urgent, pipeline.FetcherConfig{}, class(1), 5},
		{"beside urgent ones", urgent, pipeline.FetcherConfig{}, class(0), 25},
		{"nothing is urgent", plain, pipeline.FetcherConfig{}, class(0), 5},
		{"as configured", urgent, pipeline.FetcherConfig{Spacing: 7}, class(0), 7},
	} {
		cfg := Config{Topology: &pipeline.Topology{Roles: []pipeline.Role{c.role}}, CommitInterval: 100 * time.Millisecond, UrgentInterval: 5 * time.Millisecond, Fetch: c.fetch}
		if got := cfg.fetch(c.class, 1).Spacing; got != c.want {
			t.Errorf("%s: %d ms, want %d", c.name, got, c.want)
		}
	}
}
