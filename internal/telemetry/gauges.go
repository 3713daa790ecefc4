package telemetry

import (
	"context"
	"fmt"
	"sync"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/attune-health/attune/pipeline"
)

// Gauges is one gauge with a value per key. A dropped key is no longer reported: the last lag of a
// partition that another process has taken over would otherwise stay in graphs and alerts for ever.
type Gauges[K comparable] struct {
	mu     sync.Mutex
	values map[K]float64
}

// newGauges registers a gauge. describe turns a key into attributes; show turns a value into what
// is reported at the time of the scrape.
func newGauges[K comparable](m metric.Meter, name, unit, description string, describe func(K) []attribute.KeyValue, show func(float64) float64) (*Gauges[K], error) {
	g := &Gauges[K]{values: map[K]float64{}}
	_, err := m.Float64ObservableGauge(name, metric.WithDescription(description), metric.WithUnit(unit),
		metric.WithFloat64Callback(func(_ context.Context, o metric.Float64Observer) error {
			g.mu.Lock()
			defer g.mu.Unlock()
			for k, v := range g.values {
				o.Observe(show(v), metric.WithAttributes(describe(k)...))
			}
			return nil
		}))
	if err != nil {
		return nil, fmt.Errorf("gauge %s: %w", name, err)
	}
	return g, nil
}

func asIs(v float64) float64 { return v }

// Set sets the value of a key.
func (g *Gauges[K]) Set(k K, v float64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.values[k] = v
}

// Drop removes the keys for which gone returns true.
func (g *Gauges[K]) Drop(gone func(K) bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for k := range g.values {
		if gone(k) {
			delete(g.values, k)
		}
	}
}

// PartitionGauges makes a gauge with a value per partition.
func (t *Telemetry) PartitionGauges(name, unit, description string) (*Gauges[pipeline.TopicPartition], error) {
	return newGauges(t.Meter, name, unit, description, placeOf, asIs)
}

func placeOf(tp pipeline.TopicPartition) []attribute.KeyValue {
	return []attribute.KeyValue{attribute.String("topic", tp.Topic), attribute.Int("partition", int(tp.Partition))}
}
