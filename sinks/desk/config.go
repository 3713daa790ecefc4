package desk

import (
	"cmp"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/attune-health/attune/operators/decide"
	"github.com/attune-health/attune/schemas"
)

// Config says what a desk reads, where it keeps it, and who may ask. Dir, Identity, SchemaIDs and Words are required.
type Config struct {
	// Dir is where the store is: this desk's alone. All in it may be deleted while no desk runs: the topics have it.
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
	// Tokens are those who may ask: a name, the SHA-256 of the token in hex, and scopes joined by plus signs.
	Tokens []string
	// FrameAncestors are the origins of desktops that may show the pages in a frame, such as
	// https://apps.mypurecloud.com. Others may not.
	FrameAncestors []string
	// Wait is how long a lookup waits for the decision that it causes [150 ms].
	Wait time.Duration
	// WritesCalls: a lookup writes the call's first touchpoint, and a disposition its last, where the contact center
	// sends none.
	WritesCalls bool
	// Language is that of pages where the browser asks for none that there is: en or es [en].
	Language string
	// Begin, if not nil, is closed when reading may begin. Until then the desk answers with what it has.
	Begin <-chan struct{}
	// Events hears what happens.
	Events Events
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
	c.Language = cmp.Or(c.Language, "en")
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
	if err == nil && len(c.Tokens) == 0 && (c.BehindProxy || !isLoopback(host)) {
		errs = append(errs, fmt.Errorf("desk.listen: %s can be reached from elsewhere: set desk.tokens, so that it is known who asks", c.Listen))
	}
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
	if c.CacheBytes < 8<<20 {
		errs = append(errs, fmt.Errorf("desk.cache_mb: %d is below 8", c.CacheBytes>>20))
	}
	return errors.Join(errs...)
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
)

var allScopes = []string{ScopeContactRead, ScopeContactWrite, ScopePersonRead, ScopeLiveRead, ScopeHealthRead}

// caller is who asks.
type caller struct {
	name   string
	scopes []string
}

func (c *caller) may(scope string) bool { return slices.Contains(c.scopes, scope) }

// parseTokens reads the tokens of a configuration, by their hash.
func parseTokens(lines []string) (map[[32]byte]*caller, error) {
	tokens := map[[32]byte]*caller{}
	var errs []error
	for i, line := range lines {
		fields := strings.Fields(line)
		if len(fields) != 3 {
			errs = append(errs, fmt.Errorf("desk.tokens: entry %d is not a name, the SHA-256 of the token in hex, and scopes joined by plus signs", i+1))
			continue
		}
		sum, err := hex.DecodeString(fields[1])
		if err != nil || len(sum) != 32 {
			errs = append(errs, fmt.Errorf("desk.tokens: the second part of %s is not a SHA-256 in hex (printf %%s TOKEN | sha256sum)", fields[0]))
			continue
		}
		c := &caller{name: fields[0], scopes: strings.Split(fields[2], "+")}
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
