package schemas

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/twmb/franz-go/pkg/sr"
	"github.com/twmb/franz-go/pkg/sr/srfake"
)

func startRegistry(t *testing.T) (*srfake.Registry, *Registry) {
	t.Helper()
	server := srfake.New()
	t.Cleanup(server.Close)
	client, err := NewRegistry(RegistryConfig{URL: server.URL()})
	if err != nil {
		t.Fatal(err)
	}
	return server, client
}

func TestRegisterThenLookUp(t *testing.T) {
	ctx := context.Background()
	server, client := startRegistry(t)
	if _, err := client.IDs(ctx); !errors.Is(err, ErrNotRegistered) {
		t.Fatalf("got %v, want %v", err, ErrNotRegistered)
	}
	ids, err := client.Register(ctx)
	if err != nil {
		t.Fatal(err)
	}
	again, err := client.Register(ctx)
	if err != nil {
		t.Fatal(err)
	}
	looked, err := client.IDs(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if len(ids) != len(recordTopics()) || fmt.Sprint(ids) != fmt.Sprint(again) || fmt.Sprint(ids) != fmt.Sprint(looked) {
		t.Errorf("registered %v, again %v, looked up %v", ids, again, looked)
	}
	for _, topic := range recordTopics() {
		text, err := client.SchemaText(ctx, ids[topic.Name])
		d, _ := DefinitionOf(topic.Record)
		if err != nil || !sameJSON(t, text, d.Schema) {
			t.Errorf("%s: %v, %s", topic.Name, err, text)
		}
	}
	_ = server
}

func TestSubjectsBecomeBackwardCompatible(t *testing.T) {
	ctx := context.Background()
	server, client := startRegistry(t)
	if _, err := client.Register(ctx); err != nil {
		t.Fatal(err)
	}
	plain, err := sr.NewClient(sr.URLs(server.URL()))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range plain.Compatibility(ctx, "touchpoints.web-value", "personas-value") {
		if r.Err != nil || r.Level != sr.CompatBackward {
			t.Errorf("%s: %v, %v", r.Subject, r.Level, r.Err)
		}
	}
}

func TestCheckFindsWhatCannotBeRegistered(t *testing.T) {
	ctx := context.Background()
	server, client := startRegistry(t)
	server.SeedSchema(SubjectOf(TopicConsents), 1, 900, sr.Schema{Schema: ActionOutcomeSchema, Type: sr.TypeAvro})
	server.SeedSchema(SubjectOf(TopicPersonas), 1, 901, sr.Schema{Schema: PersonaSchema, Type: sr.TypeAvro})
	subjects, err := client.Check(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range subjects {
		switch s.Topic {
		case TopicConsents:
			if s.Compatible || len(s.Problems) == 0 || s.ID != 0 {
				t.Errorf("another record passes: %+v", s)
			}
		case TopicPersonas:
			if !s.Compatible || s.ID != 901 || s.Version != 1 {
				t.Errorf("got %+v", s)
			}
		default:
			if !s.Compatible || s.ID != 0 {
				t.Errorf("got %+v", s)
			}
		}
	}
}

func TestSchemasAreFetchedOnceAndUnknownIDsAreNotAskedForAgainAtOnce(t *testing.T) {
	ctx := context.Background()
	server, client := startRegistry(t)
	server.SeedSchema("theirs-value", 1, 77, sr.Schema{Schema: `"string"`, Type: sr.TypeAvro})
	server.SeedSchema("proto-value", 1, 78, sr.Schema{Schema: `syntax = "proto3"; message M {}`, Type: sr.TypeProtobuf})
	var requests atomic.Int32
	server.Intercept(func(http.ResponseWriter, *http.Request) bool { requests.Add(1); return false })
	for range 5 {
		if text, err := client.SchemaText(ctx, 77); err != nil || text != `"string"` {
			t.Errorf("got %q, %v", text, err)
		}
		for _, id := range []int32{78, 4711, 0, -5} {
			if _, err := client.SchemaText(ctx, id); !errors.Is(err, ErrUnknownSchema) {
				t.Errorf("id %d: got %v", id, err)
			}
		}
	}
	if got := requests.Load(); got != 3 {
		t.Errorf("%d requests, want 3", got)
	}
}

func TestARegistryThatIsDownIsNotAnUnknownSchema(t *testing.T) {
	server, client := startRegistry(t)
	server.Close()
	if _, err := client.SchemaText(context.Background(), 5); err == nil || errors.Is(err, ErrUnknownSchema) {
		t.Errorf("got %v", err)
	}
}

func TestBasicAuthenticationAndTLS(t *testing.T) {
	fake := srfake.New(srfake.WithAuth("Basic " + base64.StdEncoding.EncodeToString([]byte("attune:s3cret"))))
	defer fake.Close()
	server := httptest.NewTLSServer(fake.Handler())
	defer server.Close()
	trust := x509.NewCertPool()
	trust.AddCert(server.Certificate())
	config := RegistryConfig{URL: server.URL, Username: "attune", Password: "s3cret", TLS: &tls.Config{RootCAs: trust}}

	client, err := NewRegistry(config)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Register(context.Background()); err != nil {
		t.Error(err)
	}
	wrong := config
	wrong.Password = "guess"
	client, err = NewRegistry(wrong)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.IDs(context.Background()); err == nil || strings.Contains(err.Error(), "guess") {
		t.Errorf("got %v", err)
	}
	if text := fmt.Sprintf("%+v", config); strings.Contains(text, "s3cret") {
		t.Errorf("the config shows its password: %s", text)
	}
}

func TestRegistryConfigIsChecked(t *testing.T) {
	for _, c := range []RegistryConfig{
		{}, {URL: "localhost:8081"}, {URL: "ftp://x"}, {URL: "http://x", Password: "p"}, {URL: "http://x", Username: "u", Token: "t"}, {URL: "http://x", Timeout: -1},
	} {
		if _, err := NewRegistry(c); err == nil {
			t.Errorf("passed: %+v", c)
		}
	}
}

func TestIDsOfARecord(t *testing.T) {
	ids := IDs{TopicTouchpointsWeb: 9, TopicTouchpointsApp: 4, TopicTouchpointsCall: 9, TopicTouchpointsEhr: 4, TopicConsents: 5}
	if got := fmt.Sprint(ids.OfRecord("Touchpoint")); got != "[4 9]" {
		t.Errorf("got %s", got)
	}
}
