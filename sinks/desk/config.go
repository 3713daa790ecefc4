package desk

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/attune-health/attune/operators/decide"
	"github.com/attune-health/attune/schemas"
)

// Config says what a desk reads, where it keeps it, and who may ask. Dir, Identity, SchemaIDs and Words are required.
type Config struct {
	// Dir is where the store is: this desk's alone. What is in it may be deleted while no desk runs, since the topics have it,
	// but for directory reads: reads that access-audit does not have yet.
	Dir string
	// Instance names this desk in access-audit.
	Instance string
	// Identity names the log that the store is of: a store of another one is made anew.
	Identity string
	// Topics are those that it reads, under the names of the generation in use.
	Topics Topics
	// SchemaIDs are the registry's ids of our own schemas, by record; IDs the same by topic, for what a desk writes.
	SchemaIDs map[string][]int32
	IDs       schemas.IDs
	// Schemas gives the schemas of other writers.
	Schemas schemas.SchemaSource
	// Words are the site's words for actions and reasons.
	Words *decide.Words
	// CacheBytes bounds the memory of the store [64 MiB].
	CacheBytes int64
	// Retention is for how long a contact, a decision and a step of a journey are shown after they were last heard of, and
	// up to an hour longer [7 days].
	Retention time.Duration

	// Listen is the address of pages and API [127.0.0.1:8090].
	Listen string
	// TLSCert and TLSKey are PEM files. On an address that is not loopback a desk needs them, or BehindProxy.
	TLSCert, TLSKey string
	// BehindProxy says that a proxy in front of the desk ends TLS.
	BehindProxy bool
	// Tokens are those who may ask: a name, the SHA-256 of the token in hex, scopes joined by plus signs, and the queues
	// whose contacts they see, joined by commas; without any they see all.
	Tokens []string
	// Webhooks hear of what happens: a name, an address, the file of a secret, and events joined by plus signs: decision,
	// contact.
	Webhooks []string
	// Insights asks ClickHouse, for the boards; nil: there are none. It returns at most so many rows, and {db} in the query is
	// the database.
	Insights func(ctx context.Context, sql string, most int) (*Insight, error)
	// Zone is the site's time zone, as the views have it [UTC].
	Zone *time.Location
	// RequestsPerSecond is how often one token may ask; opening a stream counts as one [1000].
	RequestsPerSecond int
	// PublicURL is the address under which others reach the desk, such as https://desk.example.org.
	PublicURL string
	// OIDC lets people in whom an OpenID provider knows.
	OIDC OIDC
	// CDS lets EHRs in that ask for cards.
	CDS CDS
	// Shard is where an identifier's journey is, and the pseudonym of its owner until somebody is linked to it. Without it
	// no EHR is answered.
	Shard func(kind schemas.IdentifierKind, value string) (shard, pseudonym string)
	// FrameAncestors are the origins of desktops that may show the pages in a frame, such as
	// https://apps.mypurecloud.com. Others may not.
	FrameAncestors []string
	// Wait is how long a lookup waits for the decision that it causes [150 ms].
	Wait time.Duration
	// WritesCalls: a lookup writes the call's first touchpoint, and a disposition its last, where the contact center
	// sends none.
	WritesCalls bool
	// LinksCalls: a lookup links the call to the person whom its identifiers name, so that what the contact center says
	// later of the call alone is that person's. IdentifierOrder is the site's, in which call ids must be.
	LinksCalls      bool
	IdentifierOrder []schemas.IdentifierKind
	// RefuseUnwrittenReads: nothing of a patient is shown while access-audit cannot be written. Otherwise the desk keeps in Dir
	// that it was shown, before the answer leaves, and writes it once it can.
	RefuseUnwrittenReads bool
	// Language is that of pages where the browser asks for none that there is: en or es [en].
	Language string
	// Version is that of the program, and Measures are the figures of the process, for the page of health; or nil.
	Version  string
	Measures func() ([]Measure, error)
	// Begin, if not nil, is closed when reading may begin. Until then the desk answers with what it has.
	Begin <-chan struct{}
	// Events hears what happens.
	Events Events

	// hookPause is the first pause before something is sent to a webhook again. Tests have less patience.
	hookPause time.Duration
}

// OIDC is an OpenID provider whose bearer tokens are taken.
type OIDC struct {
	// Issuer is the provider's address, from which its discovery document and its keys are read; Audience is who the tokens
	// must be for.
	Issuer, Audience string
	// ScopesClaim has the scopes, QueuesClaim the queues whose contacts its bearer sees: a list, or words with spaces. *
	// is every queue. Without QueuesClaim everybody sees all.
	ScopesClaim, QueuesClaim string
	// ClientID lets people log in on the pages, as this client of the provider; ClientSecretFile has its secret, where it has
	// one. LoginScopes are asked for beside openid, such as offline_access. PublicURL/login/callback is the redirect URI.
	ClientID, ClientSecretFile string
	LoginScopes                []string
}

// CDS is CDS Hooks.
type CDS struct {
	// Issuers are the EHRs whose JWTs are taken: iss, and the address of its keys.
	Issuers []string
	// PatientKind is the kind of identifier by which attune knows an EHR's patients [mrn]. Where PatientSystem is set, it
	// is taken from the patient's identifiers, of that system; otherwise it is the patient's id.
	PatientKind, PatientSystem string
}

// Topics names what a desk reads.
type Topics struct {
	Personas, Predictions, Actions, Identified, Identity string
}

// TopicsIn are the topics of a generation.
func TopicsIn(generation string) Topics {
	in := func(topic string) string { return schemas.InGeneration(topic, generation) }
	return Topics{Personas: in(schemas.TopicPersonas), Predictions: in(schemas.TopicPredictions), Actions: in(schemas.TopicActions),
		Identified: in(schemas.TopicIdentified), Identity: in(schemas.TopicIdentity)}
}

// List are their names.
func (t Topics) List() []string {
	return []string{t.Personas, t.Predictions, t.Actions, t.Identified, t.Identity}
}

// SetDefaults fills in what is zero.
func (c *Config) SetDefaults() {
	c.CacheBytes = cmp.Or(c.CacheBytes, 64<<20)
	c.Retention = cmp.Or(c.Retention, 7*24*time.Hour)
	c.Listen = cmp.Or(c.Listen, "127.0.0.1:8090")
	c.Wait = cmp.Or(c.Wait, 150*time.Millisecond)
	c.RequestsPerSecond = cmp.Or(c.RequestsPerSecond, 1000)
	c.Language = cmp.Or(c.Language, "en")
	c.OIDC.ScopesClaim = cmp.Or(c.OIDC.ScopesClaim, "scope")
	c.CDS.PatientKind = cmp.Or(c.CDS.PatientKind, "mrn")
	if c.Topics == (Topics{}) {
		c.Topics = TopicsIn("")
	}
}

// Validate reports every problem, by the keys of the configuration file. A desk that others can reach must know who
// asks, and nobody between may read along.
func (c *Config) Validate() error {
	var errs []error
	host, _, err := net.SplitHostPort(c.Listen)
	if err != nil {
		errs = append(errs, fmt.Errorf("desk.listen: %q is not host:port", c.Listen))
	}
	if (c.TLSCert == "") != (c.TLSKey == "") {
		errs = append(errs, errors.New("desk.tls_cert and desk.tls_key go together"))
	}
	if err == nil && !isLoopback(host) {
		if c.TLSCert == "" && !c.BehindProxy {
			errs = append(errs, fmt.Errorf("desk.listen: %s can be reached from elsewhere: set desk.tls_cert and desk.tls_key, or desk.behind_proxy where a proxy ends TLS", c.Listen))
		}
	}
	if err == nil && len(c.Tokens) == 0 && c.OIDC.Issuer == "" && (c.BehindProxy || !isLoopback(host)) {
		errs = append(errs, fmt.Errorf("desk.listen: %s can be reached from elsewhere: set desk.tokens or desk.oidc, so that it is known who asks", c.Listen))
	}
	errs = append(errs, c.validateIssuers(), c.validateWebhooks())
	_, err = parseTokens(c.Tokens)
	errs = append(errs, err)
	for _, origin := range c.FrameAncestors {
		if !strings.HasPrefix(origin, "https://") && !strings.HasPrefix(origin, "http://") || strings.ContainsAny(origin, " ;,'\"") {
			errs = append(errs, fmt.Errorf("desk.frame_ancestors: %q is not an origin such as https://desktop.example.org", origin))
		}
	}
	if _, ok := texts[c.Language]; !ok {
		errs = append(errs, fmt.Errorf("desk.language: %q is neither en nor es", c.Language))
	}
	for key, d := range map[string]time.Duration{"desk.retention": c.Retention, "desk.wait": c.Wait} {
		if d <= 0 {
			errs = append(errs, fmt.Errorf("%s: %v is not above zero", key, d))
		}
	}
	if c.RequestsPerSecond < 1 {
		errs = append(errs, fmt.Errorf("desk.requests_per_second: %d is below 1", c.RequestsPerSecond))
	}
	if c.CacheBytes < 8<<20 {
		errs = append(errs, fmt.Errorf("desk.cache_mb: %d is below 8", c.CacheBytes>>20))
	}
	return errors.Join(errs...)
}

// validateIssuers checks those whose signatures count.
func (c *Config) validateIssuers() error {
	var errs []error
	if c.PublicURL != "" {
		errs = append(errs, safeURL("desk.public_url", c.PublicURL))
	}
	if c.OIDC.Issuer != "" {
		errs = append(errs, safeURL("desk.oidc.issuer", c.OIDC.Issuer))
		if c.OIDC.Audience == "" {
			errs = append(errs, errors.New("desk.oidc.audience is not set: a token for another application would be taken"))
		}
	}
	if c.OIDC.ClientID != "" && (c.OIDC.Issuer == "" || c.PublicURL == "") {
		errs = append(errs, errors.New("desk.oidc.client_id: people log in with desk.oidc.issuer, which sends them back to desk.public_url: set both"))
	}
	for _, line := range c.CDS.Issuers {
		_, _, err := parseIssuer(line)
		errs = append(errs, err)
	}
	if len(c.CDS.Issuers) > 0 && c.PublicURL == "" {
		errs = append(errs, errors.New("desk.public_url is not set: the JWTs of desk.cds.issuers must be for it"))
	}
	if kind, ok := schemas.ParseIdentifierKind(c.CDS.PatientKind); !ok || kind == schemas.IdentifierKindUnknown {
		errs = append(errs, fmt.Errorf("desk.cds.patient_kind: %q is no kind of identifier", c.CDS.PatientKind))
	}
	return errors.Join(errs...)
}

func (c *Config) validateWebhooks() error {
	var errs []error
	names := map[string]bool{}
	for _, line := range c.Webhooks {
		w, err := parseWebhook(line)
		if errs = append(errs, err); err != nil {
			continue
		}
		if names[w.name] {
			errs = append(errs, fmt.Errorf("desk.webhooks: %s is there twice", w.name))
		}
		names[w.name] = true
	}
	return errors.Join(errs...)
}

func (c *Config) patientKind() schemas.IdentifierKind {
	kind, _ := schemas.ParseIdentifierKind(c.CDS.PatientKind)
	return kind
}

// parseIssuer reads an entry of desk.cds.issuers.
func parseIssuer(line string) (iss, keys string, err error) {
	fields := strings.Fields(line)
	if len(fields) != 2 {
		return "", "", fmt.Errorf("desk.cds.issuers: %q is not an issuer and the address of its keys", line)
	}
	return fields[0], fields[1], safeURL("desk.cds.issuers", fields[1])
}

// safeURL refuses addresses whose answers somebody between could change.
func safeURL(key, text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "https" && !(u.Scheme == "http" && isLoopback(u.Hostname())) {
		return fmt.Errorf("%s: %q does not begin with https://", key, text)
	}
	return nil
}

// isLoopback says whether only this machine reaches a host.
func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// Scopes of tokens.
const (
	ScopeContactRead  = "contact:read"
	ScopeContactWrite = "contact:write"
	ScopePersonRead   = "person:read"
	ScopeLiveRead     = "live:read"
	ScopeHealthRead   = "health:read"
	ScopeInsights     = "insights:read"
	ScopeCDS          = "cds"
	ScopeWebhooks     = "webhooks"
)

var allScopes = []string{ScopeContactRead, ScopeContactWrite, ScopePersonRead, ScopeLiveRead, ScopeHealthRead, ScopeInsights, ScopeCDS, ScopeWebhooks}

// everyQueue are the queues of whoever sees all contacts.
var everyQueue = []string{"*"}

// caller is who asks.
type caller struct {
	name   string
	scopes []string
	// queues are those whose contacts the caller sees.
	queues []string
	// until is when what the caller has shown expires; zero: never.
	until time.Time
}

func (c *caller) may(scope string) bool { return slices.Contains(c.scopes, scope) }

func (c *caller) seesAll() bool { return slices.Contains(c.queues, "*") }

// sees says whether the caller sees contacts of a queue. A contact that is in none yet is nobody's in particular.
func (c *caller) sees(queue string) bool { return c.seesAll() || slices.Contains(c.queues, queue) }

// parseTokens reads the tokens of a configuration, by their hash.
func parseTokens(lines []string) (map[[32]byte]*caller, error) {
	tokens := map[[32]byte]*caller{}
	var errs []error
	for i, line := range lines {
		fields := strings.Fields(line)
		if len(fields) != 3 && len(fields) != 4 {
			errs = append(errs, fmt.Errorf("desk.tokens: entry %d is not a name, the SHA-256 of the token in hex, scopes joined by plus signs, and queues joined by commas if it does not see all", i+1))
			continue
		}
		sum, err := hex.DecodeString(fields[1])
		if err != nil || len(sum) != 32 {
			errs = append(errs, fmt.Errorf("desk.tokens: the second part of %s is not a SHA-256 in hex (printf %%s TOKEN | sha256sum)", fields[0]))
			continue
		}
		c := &caller{name: fields[0], scopes: strings.Split(fields[2], "+"), queues: everyQueue}
		if len(fields) == 4 {
			c.queues = strings.Split(fields[3], ",")
		}
		if !schemas.IsName(c.name) {
			errs = append(errs, fmt.Errorf("desk.tokens: the name of entry %d is not letters, digits and / _ - . : +", i+1))
		}
		for _, scope := range c.scopes {
			if !slices.Contains(allScopes, scope) {
				errs = append(errs, fmt.Errorf("desk.tokens: %s has the scope %q, which is not one of %s", c.name, scope, strings.Join(allScopes, ", ")))
			}
		}
		tokens[[32]byte(sum)] = c
	}
	return tokens, errors.Join(errs...)
}
