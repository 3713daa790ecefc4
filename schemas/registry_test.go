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
		for _, id := range []int32{78, 4711, 0, -4711} {
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

// TestOnlyTheRegistryItselfSaysThatASchemaIsUnknown: what a proxy, an ingress or a login page answers says nothing
// of the schema, and none of it is repeated.
func TestOnlyTheRegistryItselfSaysThatASchemaIsUnknown(t *testing.T) {
	server, client := startRegistry(t)
	var code atomic.Int32
	body := ""
	server.Intercept(func(w http.ResponseWriter, _ *http.Request) bool {
		if code.Load() == 0 {
			return false
		}
		w.WriteHeader(int(code.Load()))
		_, _ = w.Write([]byte(body))
		return true
	})
	for _, answer := range []struct {
		code int32
		body string
		want string
	}{
		{200, "<html>log in</html>", "decode"},
		{401, "<html>who?</html>", "registry.token"},
		{403, "", "registry.token"},
		{404, "<html>no such page</html>", "lack the path"},
		{404, `{"error_code":404,"message":"HTTP 404 Not Found"}`, "404"},
		{503, "<html>no healthy upstream</html>", "503"},
		{500, `{"error_code":50001,"message":"store"}`, "store"},
	} {
		code.Store(answer.code)
		body = answer.body
		_, err := client.SchemaText(context.Background(), 31)
		if err == nil || errors.Is(err, ErrUnknownSchema) || !strings.Contains(err.Error(), answer.want) || strings.Contains(err.Error(), "<html") {
			t.Errorf("%d %q: got %v", answer.code, answer.body, err)
		}
		if _, err := client.IDs(context.Background()); err == nil || errors.Is(err, ErrNotRegistered) || strings.Contains(err.Error(), "<html") {
			t.Errorf("%d %q: ids: got %v", answer.code, answer.body, err)
		}
	}
	code.Store(0)
	if _, err := client.SchemaText(context.Background(), 31); !errors.Is(err, ErrUnknownSchema) {
		t.Errorf("the registry says so itself: got %v", err)
	}
}

// TestWhatARegistrySaidIsKeptForWhenItIsAway: ids of our schemas and texts of others, of this registry alone.
func TestWhatARegistrySaidIsKeptForWhenItIsAway(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	server := srfake.New()
	c := RegistryConfig{URL: server.URL(), CacheDir: dir}
	open := func() *Registry {
		t.Helper()
		r, err := NewRegistry(c)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	first := open()
	ids, err := first.Register(ctx)
	if err != nil {
		t.Fatal(err)
	}
	server.SeedSchema("theirs-value", 1, 770, sr.Schema{Schema: `"string"`, Type: sr.TypeAvro})
	if _, err := first.IDs(ctx); err != nil || first.Stale() != nil {
		t.Fatal(err, first.Stale())
	}
	if _, err := first.SchemaText(ctx, 770); err != nil {
		t.Fatal(err)
	}
	away := http.StatusServiceUnavailable
	server.Intercept(func(w http.ResponseWriter, _ *http.Request) bool {
		if away != 0 {
			w.WriteHeader(away)
		}
		return away != 0
	})
	second := open()
	kept, err := second.IDs(ctx)
	if err != nil || fmt.Sprint(kept) != fmt.Sprint(ids) || second.Stale() == nil {
		t.Errorf("ids %v, %v, stale %v", kept, err, second.Stale())
	}
	if text, err := second.SchemaText(ctx, 770); err != nil || text != `"string"` {
		t.Errorf("got %q, %v", text, err)
	}
	if _, err := second.SchemaText(ctx, 771); err == nil || errors.Is(err, ErrUnknownSchema) {
		t.Errorf("an id that was never asked for: got %v", err)
	}
	// Another registry at the same address: nothing of its predecessor is believed.
	away = 0
	server.Reset()
	server.SeedSchema("before-us-value", 1, 1, sr.Schema{Schema: `"int"`, Type: sr.TypeAvro})
	third := open()
	if _, err := third.Register(ctx); err != nil {
		t.Fatal(err)
	}
	other, err := third.IDs(ctx)
	if err != nil || fmt.Sprint(other) == fmt.Sprint(ids) || third.Stale() != nil {
		t.Fatalf("ids %v, %v", other, err)
	}
	if _, err := open().SchemaText(ctx, 770); !errors.Is(err, ErrUnknownSchema) {
		t.Errorf("the text of another registry's schema: %v", err)
	}
}

func TestBasicAuthenticationAndTLS(t *testing.T) {
	fake := srfake.New(srfake.WithAuth("Basic " + base64.StdEncoding.EncodeToString([]byte("attune:s3cret"))))
	defer fake.Close()
	server := httptest.NewTLSServer(fake.Handler())
	defer server.Close()
	trust := x509.NewCertPool()
	trust.AddCert(server.Certificate())
	config := RegistryConfig{URL: server.URL, Username: "attune", Password: "s3cret", TLS: func() (*tls.Config, error) { return &tls.Config{RootCAs: trust}, nil }}

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
		{}, {URL: "localhost:8081"}, {URL: "ftp://x"}, {URL: "http://x", Password: "p"}, {URL: "http://x", Username: "u", Token: "t"}, {URL: "http://x", Timeout: -1}, {URL: "http://bob:s3cret@x"},
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
