package telemetry

import (
	"cmp"
	"context"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// throttledEvery is how often the log says that a quota is reached: an answer comes every second or so.
const throttledEvery = time.Minute

// Throttled returns what hears of the pauses that brokers ask for, by quota, for kafka.Cluster.Throttled. The first of
// each API is logged at once, with what to do.
func (t *Telemetry) Throttled(clientID string) (func(api string, pause time.Duration), error) {
	seconds, err := t.Meter.Float64Counter("attune_kafka_throttled_seconds", metric.WithDescription("Pauses that brokers asked for, by quota."), metric.WithUnit("s"))
	if err != nil {
		return nil, err
	}
	// Of two that are reached the broker gives the longer pause, and does not say which it is. That of requests is a second at most.
	quota := func(api string, pause time.Duration) string {
		bytes := map[string]string{"Fetch": "consumer_byte_rate", "Produce": "producer_byte_rate"}[api]
		switch {
		case bytes == "":
			return "request_percentage"
		case pause > time.Second:
			return bytes
		}
		return bytes + " or request_percentage"
	}
	var mu sync.Mutex
	said := map[string]time.Time{}
	return func(api string, pause time.Duration) {
		seconds.Add(context.Background(), pause.Seconds(), metric.WithAttributes(attribute.String("api", api)))
		mu.Lock()
		now := time.Now()
		say := now.Sub(said[api]) >= throttledEvery
		if say {
			said[api] = now
		}
		mu.Unlock()
		if !say {
			return
		}
		key := quota(api, pause)
		t.Log.Warn("the broker's quota slows us down: raise it for our client id or user (kafka-configs --alter --entity-type clients --entity-name CLIENT --add-config QUOTA=...), or take it away; nothing is lost meanwhile",
			"api", api, "pause", pause, "quota", key, "client_id", cmp.Or(clientID, "attune"))
	}, nil
}
