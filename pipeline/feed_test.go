package pipeline

import (
	"testing"
	"time"
)

// The urgent feed is asked for as often as commits may come, the others a few times in a commit interval:
// where nothing is urgent, nothing waits for anything more urgent.
func TestFeedsAreAskedForAsOftenAsItHelps(t *testing.T) {
	urgent := Role{Sources: []Source{{Topic: "calls", Priority: 1}, {Topic: "views"}}}
	plain := Role{Sources: []Source{{Topic: "views"}}}
	for _, c := range []struct {
		name  string
		role  Role
		fetch FetcherConfig
		class int
		want  int
	}{
		{"urgent", urgent, FetcherConfig{}, class(1), 5},
		{"beside urgent ones", urgent, FetcherConfig{}, class(0), 25},
		{"nothing is urgent", plain, FetcherConfig{}, class(0), 5},
		{"as configured", urgent, FetcherConfig{Spacing: 7}, class(0), 7},
	} {
		cfg := RunnerConfig{Topology: &Topology{Roles: []Role{c.role}}, CommitInterval: 100 * time.Millisecond, UrgentInterval: 5 * time.Millisecond, Fetch: c.fetch}
		if got := cfg.fetch(c.class).Spacing; got != c.want {
			t.Errorf("%s: %d ms, want %d", c.name, got, c.want)
		}
	}
}
