package telemetry

import (
	"context"
	"strconv"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

const (
	// clocksApart is by how much a broker's clock and ours may differ without a word: calls are live for a minute, and
	// machines that keep their time by NTP are milliseconds apart.
	clocksApart = 2 * time.Second
	// clocksEvery is how often the log says it.
	clocksEvery = 10 * time.Minute
)

// Clocks returns what hears of how far a broker's clock is ahead of ours, for kafka.Cluster.Clocks. A difference of seconds is
// logged at once, with what it means.
func (t *Telemetry) Clocks() (func(node int32, ahead time.Duration), error) {
	gauge, err := t.Meter.Float64Gauge("attune_kafka_clock_ahead_seconds", metric.WithDescription("By how much a broker's clock is ahead of ours at least, below 0 where it is behind."), metric.WithUnit("s"))
	if err != nil {
		return nil, err
	}
	var mu sync.Mutex
	taken, said := map[int32]time.Time{}, map[int32]time.Time{}
	return func(node int32, ahead time.Duration) {
		now := time.Now()
		mu.Lock()
		take := now.Sub(taken[node]) >= time.Second
		say := take && ahead.Abs() >= clocksApart && now.Sub(said[node]) >= clocksEvery
		if take {
			taken[node] = now
		}
		if say {
			said[node] = now
		}
		mu.Unlock()
		// Answers come with every commit: one a second tells enough.
		if take {
			gauge.Record(context.Background(), ahead.Seconds(), metric.WithAttributes(attribute.String("broker", strconv.Itoa(int(node)))))
		}
		if say {
			t.Log.Warn("a broker's clock and ours differ: what is live, late and fresh is told by both; keep the time of both machines by NTP", "broker", node, "ahead", ahead)
		}
	}, nil
}
