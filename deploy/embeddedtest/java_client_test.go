package embeddedtest_test

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/sr"

	"github.com/attune-health/attune/deploy/embeddedtest"
)

const visitSchema = `{"type":"record","name":"Visit","fields":[{"name":"page","type":"string"},{"name":"seconds","type":["null","long"]}]}`

// The Java producer writes what our registry client and framing understand, and the Java consumer reads it back.
func TestJavaClientSpeaksConfluentFraming(t *testing.T) {
	embeddedtest.RequireJava(t)
	registry := startApicurio(t)
	broker := startApache(t, embeddedtest.ApacheConfig{})
	createTopic(t, broker.Addr(), "visits", 3)
	java, err := embeddedtest.NewJavaClient(t.Context(), "", broker.Addr(), registry)
	if err != nil {
		t.Fatal(err)
	}
	schemaFile := filepath.Join(t.TempDir(), "visit.avsc")
	if err := os.WriteFile(schemaFile, []byte(visitSchema), 0o600); err != nil {
		t.Fatal(err)
	}
	lines := `{"page":"refill","seconds":{"long":40}}` + "\n" + `{"page":"bill","seconds":null}` + "\n"
	produced, err := java.Produce(t.Context(), "visits", schemaFile, strings.NewReader(lines))
	if err != nil {
		t.Fatal(err)
	}
	if produced != 2 {
		t.Errorf("produced %d records, want 2", produced)
	}
	records, err := java.Consume(t.Context(), "visits", 2, 5*time.Minute) // it ends with the second record
	if err != nil {
		t.Fatal(err)
	}
	if len(records) != 2 {
		t.Fatalf("consumed %d records, want 2", len(records))
	}
	got := map[string]bool{}
	for _, record := range records {
		got[string(record.Value)] = true
		if record.Key != nil || len(record.Headers) != 0 {
			t.Errorf("record has key %q and headers %v, want none", record.Key, record.Headers)
		}
	}
	if len(got) != 2 || !got[`{"page":"refill","seconds":{"long":40}}`] || !got[`{"page":"bill","seconds":null}`] {
		t.Errorf("consumed %v", got)
	}
	checkFraming(t, broker.Addr(), registry.URL(), records[0])
}

// checkFraming fetches the record itself and asks the Confluent API for the schema that it names.
func checkFraming(t *testing.T, broker, registry string, record embeddedtest.JavaRecord) {
	t.Helper()
	reader := kafka.NewReader(kafka.ReaderConfig{Brokers: []string{broker}, Topic: "visits", Partition: int(record.Partition), MaxWait: 100 * time.Millisecond})
	defer reader.Close()
	raw, err := reader.ReadMessage(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(raw.Value) < 6 || raw.Value[0] != 0 {
		t.Fatalf("value has %d bytes and begins with %x, want 00 and an id", len(raw.Value), raw.Value[:min(5, len(raw.Value))])
	}
	client, err := sr.NewClient(sr.URLs(registry))
	if err != nil {
		t.Fatal(err)
	}
	id := int(binary.BigEndian.Uint32(raw.Value[1:]))
	schema, err := client.SchemaByID(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(schema.Schema, `"Visit"`) {
		t.Errorf("schema %d = %s", id, schema.Schema)
	}
	latest, err := client.SchemaByVersion(t.Context(), "visits-value", -1)
	if err != nil {
		t.Fatal(err)
	}
	if latest.ID != id {
		t.Errorf("visits-value has id %d, the record names %d", latest.ID, id)
	}
}

func startApicurio(t *testing.T) *embeddedtest.Apicurio {
	t.Helper()
	began := time.Now()
	registry, err := embeddedtest.StartApicurio(t.Context(), embeddedtest.ApicurioConfig{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("Apicurio ready in %v", time.Since(began).Round(time.Millisecond))
	t.Cleanup(func() {
		if err := registry.Kill(); err != nil {
			t.Error(err)
		}
	})
	return registry
}
