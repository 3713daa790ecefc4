package schemas

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/sr"
)

// RegistryConfig says where the schema registry is and how to log in to it.
type RegistryConfig struct {
	// URL such as http://localhost:8081, with the path of a compatibility API if there is one.
	URL string
	// Username and Password for basic authentication, if not empty.
	Username string
	Password Protected
	// Token is a bearer token, used instead of Username.
	Token Protected
	// TLS, if not nil, gives the certificates for https with a private authority or a client's certificate. It is called for
	// each connection: they are renewed while we run.
	TLS func() (*tls.Config, error)
	// Timeout of one request. Default 10 s.
	Timeout time.Duration
	// CacheDir is where answers are kept for when the registry is away. Empty keeps them in memory only.
	CacheDir string
}

// SetDefaults fills in what is zero.
func (c *RegistryConfig) SetDefaults() {
	if c.Timeout == 0 {
		c.Timeout = 10 * time.Second
	}
}

// Validate returns every problem of the config.
func (c RegistryConfig) Validate() error {
	var problems []error
	switch u, err := url.Parse(c.URL); {
	case err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https"):
		problems = append(problems, errors.New("registry.url: want http://host:port or https://host:port"))
	case u.User != nil:
		// The URL is in the log and in errors.
		problems = append(problems, errors.New("registry.url: user name and password go into registry.username and registry.password, which are never shown"))
	}
	if c.Token != "" && c.Username != "" {
		problems = append(problems, errors.New("registry: give a user name or a token, not both"))
	}
	if c.Password != "" && c.Username == "" {
		problems = append(problems, errors.New("registry: a password without a user name"))
	}
	if c.Timeout < 0 {
		problems = append(problems, errors.New("registry.timeout: must be positive"))
	}
	return errors.Join(problems...)
}

// Registry is a client of a Confluent-compatible schema registry. It keeps the schemas that it has fetched. It is
// safe for concurrent use.
type Registry struct {
	client *sr.Client
	// Nil where the registry is not Apicurio.
	apicurio *apicurio
	cache    *diskCache

	mu sync.Mutex
	// Why the last answer of IDs was not the registry's own.
	stale error
	texts map[int32]string
	// Ids that the registry did not know, and when that was.
	missing map[int32]time.Time
}

// An id that the registry does not know is asked for again after a while, since it may have been registered
// meanwhile. Not at once: a source that sends one bad id sends many.
const (
	missingFor = 10 * time.Second
	missingMax = 10_000
)

// NewRegistry makes a client. It does not connect.
func NewRegistry(c RegistryConfig) (*Registry, error) {
	c.SetDefaults()
	if err := c.Validate(); err != nil {
		return nil, err
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	if c.TLS != nil {
		transport.DialTLSContext = dialTLS(c.TLS)
	}
	asks := &http.Client{Timeout: c.Timeout, Transport: transport}
	options := []sr.ClientOpt{sr.URLs(c.URL), sr.UserAgent("attune"), sr.HTTPClient(asks)}
	if c.Username != "" {
		options = append(options, sr.BasicAuth(c.Username, c.Password.Reveal()))
	}
	if c.Token != "" {
		options = append(options, sr.BearerToken(c.Token.Reveal()))
	}
	client, err := sr.NewClient(options...)
	if err != nil {
		return nil, fmt.Errorf("make registry client: %w", err)
	}
	cache, err := newDiskCache(c.CacheDir, c.URL)
	if err != nil {
		return nil, err
	}
	return &Registry{client: client, apicurio: newApicurio(&c, asks), cache: cache, texts: map[int32]string{}, missing: map[int32]time.Time{}}, nil
}

// dialTLS makes connections of http.Transport, each with the certificates of its moment.
func dialTLS(certificates func() (*tls.Config, error)) func(ctx context.Context, network, address string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		config, err := certificates()
		if err != nil {
			return nil, err
		}
		// It takes the server's name from the address.
		return (&tls.Dialer{Config: config}).DialContext(ctx, network, address)
	}
}

// SchemaText gives the schema of an id: from memory, or from the registry. It makes Registry a SchemaSource. An id below 0
// is Apicurio's global id; other registries have ids of one kind only.
func (r *Registry) SchemaText(ctx context.Context, id int32) (string, error) {
	if id == 0 {
		return "", ErrUnknownSchema
	}
	if id < 0 && r.apicurio == nil {
		id = -id
	}
	if text, known, err := r.remembered(id); known {
		return text, err
	}
	if text, ok := r.cache.text(id); ok {
		r.remember(id, text)
		return text, nil
	}
	text, err := r.fetch(ctx, id)
	if errors.Is(err, ErrUnknownSchema) {
		r.rememberMissing(id)
		return "", ErrUnknownSchema
	}
	if err != nil {
		return "", err
	}
	r.remember(id, text)
	r.cache.keepText(id, text)
	return text, nil
}

// fetch asks the registry.
func (r *Registry) fetch(ctx context.Context, id int32) (string, error) {
	if id < 0 {
		text, err := r.apicurio.byGlobalID(ctx, -id)
		if err != nil && !errors.Is(err, ErrUnknownSchema) {
			err = fmt.Errorf("fetch schema: %w", err)
		}
		return text, err
	}
	schema, err := r.client.SchemaByID(ctx, int(id))
	if isNotFound(err) {
		return "", ErrUnknownSchema
	}
	if err != nil {
		return "", fmt.Errorf("fetch schema: %w", explain(err))
	}
	if schema.Type != sr.TypeAvro {
		return "", ErrUnknownSchema
	}
	text, err := r.selfContained(ctx, id, schema)
	if err != nil {
		return "", fmt.Errorf("fetch what the schema refers to: %w", explain(err))
	}
	return text, nil
}

func (r *Registry) remember(id int32, text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.texts[id] = text
}

func (r *Registry) remembered(id int32) (text string, known bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if text, ok := r.texts[id]; ok {
		return text, true, nil
	}
	if at, ok := r.missing[id]; ok && time.Since(at) < missingFor {
		return "", true, ErrUnknownSchema
	}
	return "", false, nil
}

func (r *Registry) rememberMissing(id int32) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.missing) >= missingMax {
		clear(r.missing)
	}
	r.missing[id] = time.Now()
}

// isNotFound says whether the registry answered that it has no such thing, by one of its own error codes. The 404 of
// a proxy before it says nothing about schemas.
func isNotFound(err error) bool {
	var response *sr.ResponseError
	if !errors.As(err, &response) || response.StatusCode != http.StatusNotFound {
		return false
	}
	switch response.SchemaError() {
	case sr.ErrSubjectNotFound, sr.ErrVersionNotFound, sr.ErrSchemaNotFound:
		return true
	}
	return false
}

// explain puts an answer into words that is no registry's. It may be a page of HTML, which nobody wants in a log.
func explain(err error) error {
	var response *sr.ResponseError
	if !errors.As(err, &response) || response.ErrorCode != 0 {
		return err
	}
	switch code := response.StatusCode; code {
	case http.StatusNotFound:
		return fmt.Errorf("status 404, and not from a schema registry: does registry.url lack the path of its API?")
	case http.StatusUnauthorized, http.StatusForbidden:
		return fmt.Errorf("status %d: registry.username, registry.password or registry.token are not what it takes", code)
	default:
		return fmt.Errorf("status %d, and not in the words of a schema registry: it, or a proxy before it, is in trouble", code)
	}
}
