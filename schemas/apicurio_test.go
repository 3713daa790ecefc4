package schemas_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/sr"

	"github.com/attune-health/attune/deploy/embeddedtest"
	"github.com/attune-health/attune/schemas"
)

// TestApicurio does with a registry of others' making what the other tests do with a fake, and what only a real one does:
// refusing an incompatible schema.
func TestApicurio(t *testing.T) {
	embeddedtest.RequireJava(t)
	ctx := t.Context()
	server, err := embeddedtest.StartApicurio(ctx, embeddedtest.ApicurioConfig{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := server.Kill(); err != nil {
			t.Error(err)
		}
	}()
	client, err := schemas.NewRegistry(schemas.RegistryConfig{URL: server.URL()})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.IDs(ctx); !errors.Is(err, schemas.ErrNotRegistered) {
		t.Fatalf("got %v, want %v", err, schemas.ErrNotRegistered)
	}
	ids, err := client.Register(ctx)
	if err != nil {
		t.Fatal(err)
	}
	looked, err := client.IDs(ctx)
	if err != nil || fmt.Sprint(looked) != fmt.Sprint(ids) {
		t.Errorf("registered %v, looked up %v, %v", ids, looked, err)
	}
	subjects, err := client.Check(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range subjects {
		if !s.Compatible || s.ID != ids[s.Topic] {
			t.Errorf("got %+v, want id %d", s, ids[s.Topic])
		}
	}
	decodeThrough(t, client, ids[schemas.TopicTouchpointsCall])
	if _, err := client.SchemaText(ctx, 999_999); !errors.Is(err, schemas.ErrUnknownSchema) {
		t.Errorf("got %v, want %v", err, schemas.ErrUnknownSchema)
	}
	plain, err := sr.NewClient(sr.URLs(server.URL()))
	if err != nil {
		t.Fatal(err)
	}
	incompatible := sr.Schema{Schema: strings.Replace(schemas.PersonaSchema, `"fields":[`, `"fields":[{"name":"new","type":"string"},`, 1)}
	if _, err := plain.RegisterSchema(ctx, schemas.SubjectOf(schemas.TopicPersonas), incompatible, -1, -1); err == nil {
		t.Error("a schema that cannot read its predecessor was registered")
	}
}

// decodeThrough decodes a record whose schema the decoder must fetch, and finds that it is ours.
func decodeThrough(t *testing.T, source schemas.SchemaSource, id int32) {
	t.Helper()
	d, err := schemas.NewDecoder("Touchpoint", nil, source)
	if err != nil {
		t.Fatal(err)
	}
	want := schemas.Touchpoint{EventID: "crm/1", Channel: schemas.ChannelCall, Body: schemas.TouchpointBody{Kind: schemas.TouchpointBodyCall}}
	value := schemas.AppendFramed(nil, id, &want)
	var got schemas.Touchpoint
	if err := d.Decode(t.Context(), value, &got); err != nil || !cmp.Equal(got, want) {
		t.Errorf("%v: %s", err, cmp.Diff(got, want))
	}
	if allocs := testing.AllocsPerRun(1000, func() { _ = d.Decode(t.Context(), value, &got) }); allocs > 0 {
		t.Errorf("%v allocations: our own schema came back from the registry as another", allocs)
	}
}
