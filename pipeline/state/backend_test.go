package state

import (
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/pipelinetest"
)

// rangedMap drives a Map through pointers.
type rangedMap struct{ mapStore }

func (s rangedMap) Range(f func(key, value string) bool) {
	s.Map.Range(func(key string, v *string) bool { return f(key, *v) })
}

func (s rangedMap) Change(key, value string) {
	if v := s.Map.Get(key); v != nil {
		*v = value
		s.Changed(v)
	}
}

func keptMap(s *pipeline.Setup) pipelinetest.RangedStore {
	return rangedMap{mapStore{NewMap(s, "kept", stringCodec{})}}
}

func keptExpiringMap(s *pipeline.Setup) pipelinetest.RangedStore {
	return rangedMap{mapStore{NewExpiringMap(s, "kept", stringCodec{}, TTL{After: pipelinetest.ExpiringAfter})}}
}

func TestMemoryKeepsTheContractOfBackends(t *testing.T) {
	pipelinetest.TestBackend(t, func() pipelinetest.Backend {
		return pipelinetest.Backend{Store: keptMap, Expiring: keptExpiringMap, Start: func(testing.TB) (func(pipeline.TaskID) pipeline.Copy, func(bool)) {
			return nil, func(bool) {}
		}}
	})
}

// pebbleBackend is a Pebble directory on a file system that forgets what was not synced.
func pebbleBackend(entries int64) func() pipelinetest.Backend {
	return func() pipelinetest.Backend {
		mem := vfs.NewCrashableMem()
		return pipelinetest.Backend{Store: keptMap, Expiring: keptExpiringMap, Start: func(tb testing.TB) (func(pipeline.TaskID) pipeline.Copy, func(bool)) {
			p, err := OpenPebble(PebbleConfig{Dir: "state", CacheBytes: 16 << 20, CacheEntries: entries, FreeBytes: 1, FS: mem})
			if err != nil {
				tb.Fatal(err)
			}
			p.cfg.FlushBytes = 2000 // so that something is on disk when it dies
			return p.Copy, func(kill bool) {
				after := mem
				if kill {
					after = mem.CrashClone(vfs.CrashCloneCfg{})
				}
				if err := p.Close(); err != nil {
					tb.Fatal(err)
				}
				mem = after
			}
		}}
	}
}

func TestPebbleKeepsTheContractOfBackends(t *testing.T) {
	pipelinetest.TestBackend(t, pebbleBackend(0))
}

func TestPebbleWithHardlyAnyCacheKeepsTheContractOfBackends(t *testing.T) {
	pipelinetest.TestBackend(t, pebbleBackend(3))
}
