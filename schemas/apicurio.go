package schemas

import (
	"cmp"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"strings"

	"github.com/twmb/franz-go/pkg/sr"
)

// Headers of Apicurio's serializers where they put ids there, and not before the value.
const (
	headerContentID = "apicurio.value.contentId"
	headerGlobalID  = "apicurio.value.globalId"
	headerEncoding  = "apicurio.value.encoding"
)

// WithFrame is the value of a record as Decode takes it: the value itself or, where it has no frame and Apicurio's
// serializer has put the schema's id into a header, a copy with one. A value that has a frame goes by that: programs pass
// headers on that are not theirs.
func WithFrame[H ~struct {
	Key   string
	Value []byte
}](headers []H, value []byte) []byte {
	if len(headers) == 0 || len(value) == 0 || value[0] == 0 {
		return value
	}
	if encoding, ok := FindHeader(headers, headerEncoding); ok && string(encoding) != "BINARY" {
		return value
	}
	if id, ok := FindHeader(headers, headerContentID); ok && len(id) == 8 {
		if n := binary.BigEndian.Uint64(id); n > 0 && n <= math.MaxInt32 {
			return append(AppendFrame(make([]byte, 0, FrameSize+len(value)), int32(n)), value...)
		}
	}
	if id, ok := FindHeader(headers, headerGlobalID); ok && len(id) == 8 {
		return append(append(append(make([]byte, 0, longFrameSize+len(value)), 0), id...), value...)
	}
	return value
}

// apicurio is Apicurio's own API, beside the compatible one that knows no global ids, and not the groups of what schemas
// refer to. Nil where the registry is another's.
type apicurio struct {
	// base ends before /apis/.
	base   string
	client *http.Client
	login  func(*http.Request)
}

// newApicurio tells by the path of the compatible API whether there is one.
func newApicurio(c *RegistryConfig, client *http.Client) *apicurio {
	base, _, ok := strings.Cut(c.URL, "/apis/ccompat/")
	if !ok {
		return nil
	}
	return &apicurio{base: base, client: client, login: func(rq *http.Request) {
		switch {
		case c.Token != "":
			rq.Header.Set("Authorization", "Bearer "+c.Token.Reveal())
		case c.Username != "":
			rq.SetBasicAuth(c.Username, c.Password.Reveal())
		}
	}}
}

// apiOf are the versions of the API, the newer first, and how each is asked for a schema with all in it that it refers to.
var apiOf = []struct{ version, whole string }{{"v3", "?references=DEREFERENCE"}, {"v2", "?dereference=true"}}

// errNoAPI says that Apicurio is of another version.
var errNoAPI = errors.New("no such API")

// byGlobalID is the whole text of a version of an artifact.
func (a *apicurio) byGlobalID(ctx context.Context, id int32) (string, error) {
	for _, api := range apiOf {
		text, err := a.get(ctx, fmt.Sprintf("%s/ids/globalIds/%d%s", api.version, id, api.whole))
		if !errors.Is(err, errNoAPI) {
			return text, err
		}
	}
	return "", errNoAPI
}

// whole is the text of a schema with all in it that it refers to, in whatever group that is. The compatible API has its id,
// which is that of the content or, as the registry may be set, the global one: the one that has this text.
func (a *apicurio) whole(ctx context.Context, id int32, s *sr.Schema) (string, error) {
	text, err := a.get(ctx, fmt.Sprintf("v3/ids/contentIds/%d", id))
	if errors.Is(err, errNoAPI) {
		return a.whole2(ctx, id, s)
	}
	switch {
	case err == nil && text == s.Schema:
		// Only of a version the API says what it refers to, text and all.
		if id, err = a.versionOf(ctx, id); err != nil {
			return "", err
		}
	case err != nil && !errors.Is(err, ErrUnknownSchema):
		return "", err
	}
	return a.byGlobalID(ctx, id)
}

// whole2 is whole, of Apicurio 2: it makes no content whole, but says what a content refers to, and makes versions whole.
func (a *apicurio) whole2(ctx context.Context, id int32, s *sr.Schema) (string, error) {
	text, err := a.get(ctx, fmt.Sprintf("v2/ids/contentIds/%d", id))
	switch {
	case err != nil && !errors.Is(err, ErrUnknownSchema):
		return "", err
	case err != nil || text != s.Schema:
		return a.byGlobalID(ctx, id)
	}
	list, err := a.get(ctx, fmt.Sprintf("v2/ids/contentIds/%d/references", id))
	if err != nil {
		return "", err
	}
	var refs []struct {
		Group    string `json:"groupId"`
		Artifact string `json:"artifactId"`
		Version  string `json:"version"`
	}
	if err := json.Unmarshal([]byte(list), &refs); err != nil {
		return "", fmt.Errorf("what schema %d refers to: %w", id, err)
	}
	if len(refs) > maxReferences {
		return "", errTooManyReferences
	}
	in := inliner{types: map[string]any{}, defined: map[string]bool{}}
	for _, ref := range refs {
		text, err := a.get(ctx, fmt.Sprintf("v2/groups/%s/artifacts/%s/versions/%s?dereference=true",
			url.PathEscape(cmp.Or(ref.Group, "default")), url.PathEscape(ref.Artifact), url.PathEscape(ref.Version)))
		if err != nil {
			return "", err
		}
		schema, err := parseJSON(text)
		if err != nil {
			return "", err
		}
		in.add(schema)
	}
	return in.whole(s.Schema)
}

// versionOf is the global id of a version that has a content.
func (a *apicurio) versionOf(ctx context.Context, content int32) (int32, error) {
	text, err := a.get(ctx, fmt.Sprintf("v3/search/versions?limit=1&contentId=%d", content))
	if err != nil {
		return 0, err
	}
	var found struct {
		Versions []struct {
			GlobalID int32 `json:"globalId"`
		} `json:"versions"`
	}
	if err := json.Unmarshal([]byte(text), &found); err != nil || len(found.Versions) == 0 {
		return 0, ErrUnknownSchema
	}
	return found.Versions[0].GlobalID, nil
}

// get asks for a text. An answer of 404 is Apicurio's only in its words.
func (a *apicurio) get(ctx context.Context, path string) (string, error) {
	rq, err := http.NewRequestWithContext(ctx, http.MethodGet, a.base+"/apis/registry/"+path, nil)
	if err != nil {
		return "", err
	}
	rq.Header.Set("User-Agent", "attune")
	a.login(rq)
	answer, err := a.client.Do(rq)
	if err != nil {
		var failed *url.Error
		if errors.As(err, &failed) {
			err = failed.Err
		}
		return "", fmt.Errorf("ask Apicurio's own API: %w", err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxSchemaText))
	if err != nil {
		return "", fmt.Errorf("ask Apicurio's own API: %w", err)
	}
	if answer.StatusCode == http.StatusOK {
		return string(body), nil
	}
	var problem struct {
		Name string `json:"name"`
	}
	_ = json.Unmarshal(body, &problem) // a page has no name
	switch {
	case answer.StatusCode != http.StatusNotFound:
		return "", explain(&sr.ResponseError{StatusCode: answer.StatusCode})
	case problem.Name == "NotFoundException":
		return "", errNoAPI
	case strings.HasSuffix(problem.Name, "NotFoundException"):
		return "", ErrUnknownSchema
	}
	return "", explain(&sr.ResponseError{StatusCode: answer.StatusCode})
}

// maxSchemaText bounds the text of a schema.
const maxSchemaText = 16 << 20
