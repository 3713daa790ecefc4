package clickhouse

import (
	"testing"
	"time"

	"github.com/attune-health/attune/sinks/sinktest"
)

func TestConformanceNative(t *testing.T) {
	sinktest.TestSink(t, func(t *testing.T) sinktest.Harness {
		return harness(t, sharedServer(t).NativeAddr(), "clickhouse")
	})
}

func TestConformanceHTTP(t *testing.T) {
	sinktest.TestSink(t, func(t *testing.T) sinktest.Harness {
		return harness(t, sharedServer(t).HTTPAddr(), "http")
	})
}

func harness(t *testing.T, addr, scheme string) sinktest.Harness {
	p := newProxy(t, addr)
	r := newRig(t, p.addr())
	r.cfg.HandOver = 2 * time.Second
	r.cfg.DSN = scheme + "://" + p.addr() + "/" + r.cfg.Database
	direct := r.cfg
	direct.DSN = scheme + "://" + addr + "/" + r.cfg.Database
	c := openClient(t, direct)
	return sinktest.Harness{
		Cluster: r.cluster, Partitions: testPartitions, SchemaID: r.cfg.SchemaIDs["Identified"][0],
		New: func(t testing.TB, group string) sinktest.Runner {
			cfg := r.cfg
			cfg.Group = group
			s, err := New(r.ctx, cfg, r.cluster)
			if err != nil {
				t.Fatal(err)
			}
			return s
		},
		EventIDs: func(t testing.TB) (ids []string) {
			err := c.Each(r.ctx, "SELECT event_id FROM {db}.current_touchpoints", func(s Scanner) error {
				var id string
				err := s.Scan(&id)
				ids = append(ids, id)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return ids
		},
		Outage: func(testing.TB) func() { return p.stall() },
	}
}
