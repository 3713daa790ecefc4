package schemas_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/attune-health/attune/schemas"
)

// Answers of Apicurio 2.6.13 about content 2, which refers to a type in a group, and which two versions have, of global ids 2 and 3.
var apicurio2 = map[string]string{
	"/apis/ccompat/v7/schemas/ids/2":                                          `{"schema":"{\"type\":\"record\",\"name\":\"A\",\"namespace\":\"a\",\"fields\":[{\"name\":\"b\",\"type\":\"a.B\"}]}","references":[{"name":"a.B","subject":"a.B","version":1}]}`,
	"/apis/registry/v2/ids/contentIds/2":                                      `{"type":"record","name":"A","namespace":"a","fields":[{"name":"b","type":"a.B"}]}`,
	"/apis/registry/v2/ids/contentIds/2/references":                           `[{"artifactId":"a.B","groupId":"site","name":"a.B","version":"1"}]`,
	"/apis/registry/v2/groups/site/artifacts/a.B/versions/1?dereference=true": `{"type":"record","name":"B","namespace":"a","fields":[{"name":"x","type":"string"}]}`,
	"/apis/registry/v2/ids/globalIds/3?dereference=true":                      `{"type":"record","name":"A","namespace":"a","fields":[{"name":"b","type":{"type":"record","name":"B","fields":[{"name":"x","type":"string"}]}}]}`,
}

// TestApicurio2HasTypesInAGroupThenASchemaIsReadWhole: its compatible API does not find what is in a group.
func TestApicurio2HasTypesInAGroupThenASchemaIsReadWhole(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if text, ok := apicurio2[r.URL.RequestURI()]; ok {
			_, _ = io.WriteString(w, text)
			return
		}
		w.WriteHeader(http.StatusNotFound)
		if strings.Contains(r.URL.Path, "/ccompat/") {
			_, _ = io.WriteString(w, `{"error_code":40401,"message":"No artifact with ID 'a.B' in group 'null' was found."}`)
			return
		}
		_, _ = io.WriteString(w, `{"error_code":404,"name":"NotFoundException"}`)
	}))
	defer server.Close()
	registry, err := schemas.NewRegistry(schemas.RegistryConfig{URL: server.URL + "/apis/ccompat/v7"})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []int32{2, -3} {
		text, err := registry.SchemaText(t.Context(), id)
		if err != nil || strings.Count(text, `"name":"B"`) != 1 || strings.Count(text, `"name":"x"`) != 1 {
			t.Errorf("schema %d: %s, %v", id, text, err)
		}
	}
}
