package main

import (
	"context"
	"time"

	"github.com/attune-health/attune/benchmarks/journeys"
	"github.com/attune-health/attune/pipeline/kafka"
)

// crowd is the simulator's patients, who go on from one measurement to the next.
type crowd struct{ *journeys.Generator }

func newCrowd(patients int, rate float64, seed int64, from time.Time) (*crowd, error) {
	g, err := journeys.New(journeys.Config{Patients: patients, Rate: rate, Seed: seed, Start: from.Truncate(time.Second)})
	if err != nil {
		return nil, err
	}
	return &crowd{g}, nil
}

// known is a crowd whose first n touchpoints are already in the source topics, with their links and
// consents. From then on most patients are known, as they are to a hospital. Their event times end now.
func known(ctx context.Context, cluster *kafka.Cluster, patients int, rate float64, n int) (*crowd, error) {
	span := time.Duration(float64(n) / rate * float64(time.Second))
	c, err := newCrowd(patients, rate, 1, time.Now().Add(-span))
	if err != nil {
		return nil, err
	}
	s, err := newSource(ctx, cluster)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	for n > 0 {
		e, _ := c.Next()
		if e.Kind == journeys.KindTouchpoint {
			n--
		}
		if err := s.append(&e); err != nil {
			return nil, err
		}
		if s.Pending() > 1<<20 {
			if err := s.Flush(ctx); err != nil {
				return nil, err
			}
		}
	}
	return c, s.Flush(ctx)
}
