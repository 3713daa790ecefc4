package config

import (
	"time"

	"github.com/attune-health/attune/sinks/desk"
)

// DeskConfig is that of the desk, which agents and desktops ask.
type DeskConfig struct {
	// Listen is the address of pages and API. Whoever reaches loopback may ask without a word; any other address needs
	// TLS, or behind_proxy, and tokens.
	Listen string `yaml:"listen"`
	// Dir is where desks keep what they show; each instance has a directory in it. Default: attune-desk in the user's
	// cache.
	Dir string `yaml:"dir"`
	// CacheMB is the memory for what is shown, in MiB.
	CacheMB int64 `yaml:"cache_mb"`
	// Insights shows boards from ClickHouse (section clickhouse) at /insights: sums only, nobody's data.
	Insights bool `yaml:"insights"`
	// Retention is for how long a contact, a decision and a step of a journey are shown after they were last heard of.
	Retention time.Duration `yaml:"retention"`
	// TLSCert holds the PEM certificate of the desk.
	TLSCert string `yaml:"tls_cert"`
	// TLSKey holds its PEM key.
	TLSKey string `yaml:"tls_key"`
	// BehindProxy says that a proxy in front of the desk ends TLS.
	BehindProxy bool `yaml:"behind_proxy"`
	// Tokens are those who may ask. Each is a name, the SHA-256 of the token in hex (printf %s TOKEN | sha256sum), and
	// scopes joined by plus signs: contact:read, contact:write, person:read, live:read, insights:read, health:read, cds,
	// webhooks. A fourth part names the queues whose contacts it sees, joined by commas; without it it sees all.
	Tokens []string `yaml:"tokens"`
	// Webhooks hear of what happens. Each is a name, an address, the file of a secret, and events joined by plus signs:
	// decision, contact.
	Webhooks []string `yaml:"webhooks"`
	// RequestsPerSecond is how often one token may ask; opening a stream counts as one.
	RequestsPerSecond int `yaml:"requests_per_second"`
	// PublicURL is the address under which others reach the desk, such as https://desk.example.org.
	PublicURL string `yaml:"public_url"`
	// OIDC lets people in whom an OpenID provider knows.
	OIDC DeskOIDC `yaml:"oidc"`
	// CDS lets EHRs ask for next best actions as cards of CDS Hooks.
	CDS DeskCDS `yaml:"cds"`
	// FrameAncestors are the origins of desktops that may show the pages in a frame.
	FrameAncestors []string `yaml:"frame_ancestors"`
	// Wait is how long a lookup waits for the decision that it causes.
	Wait time.Duration `yaml:"wait"`
	// WritesCalls: a lookup writes the call's first touchpoint, and a disposition its last. Turn it on where the contact
	// center sends none.
	WritesCalls bool `yaml:"writes_calls"`
	// LinksCalls: a lookup links the call to the patient whose record or member number it gives, or whose telephone number it
	// is, so that what the contact center says later of the call alone is the patient's. run.identifiers must have contact.
	// Set it only where a number that a caller typed was checked.
	LinksCalls bool `yaml:"links_calls"`
	// RefuseUnwrittenReads: nothing of a patient is shown while the topic access-audit cannot be written. Otherwise the desk keeps
	// on its own disk, before the answer leaves, who was shown what, and writes it to the topic once it can: a disk that is lost
	// before takes that along.
	RefuseUnwrittenReads bool `yaml:"refuse_unwritten_reads"`
	// Language is that of pages where a browser asks for none that there is: en or es.
	Language string `yaml:"language"`
}

// DeskOIDC is an OpenID provider whose bearer tokens the desk takes.
type DeskOIDC struct {
	// Issuer is the provider's address. Its discovery document and its keys are read from there.
	Issuer string `yaml:"issuer"`
	// Audience is who the tokens must be for.
	Audience string `yaml:"audience"`
	// ScopesClaim is the claim that has the scopes: a list, or words with spaces.
	ScopesClaim string `yaml:"scopes_claim"`
	// QueuesClaim is the claim that has the queues whose contacts the bearer sees; * is every queue. Without it everybody
	// sees all.
	QueuesClaim string `yaml:"queues_claim"`
	// ClientID lets people log in on the pages: the desk's client id at the provider, whose redirect URI is
	// public_url/login/callback.
	ClientID string `yaml:"client_id"`
	// ClientSecretFile has the client's secret. Without it the client is a public one, which PKCE protects.
	ClientSecretFile string `yaml:"client_secret_file"`
	// LoginScopes are asked for beside openid: what makes the provider put the claims above into its tokens, or
	// offline_access, so that sessions are renewed.
	LoginScopes []string `yaml:"login_scopes"`
}

// DeskCDS is CDS Hooks. It needs run.identity_key, by which attune knows patients.
type DeskCDS struct {
	// Issuers are the EHRs whose JWTs are taken. Each is the iss of its JWTs and the address of its keys (JWKS).
	Issuers []string `yaml:"issuers"`
	// PatientKind is the kind of identifier by which attune knows an EHR's patients.
	PatientKind string `yaml:"patient_kind"`
	// PatientSystem is the system of that identifier among those of the FHIR patient. Empty: the patient's id is the
	// identifier.
	PatientSystem string `yaml:"patient_system"`
}

// deskDefaults takes the defaults of the desk.
func (c *Config) deskDefaults() {
	var d desk.Config
	d.SetDefaults()
	c.Desk = DeskConfig{Listen: d.Listen, CacheMB: d.CacheBytes >> 20, Retention: d.Retention, Wait: d.Wait, Language: d.Language, RequestsPerSecond: d.RequestsPerSecond,
		OIDC: DeskOIDC{ScopesClaim: d.OIDC.ScopesClaim}, CDS: DeskCDS{PatientKind: d.CDS.PatientKind}}
}

// DeskConfig translates the settings into those of package desk.
func (c *Config) DeskConfig() desk.Config {
	d := &c.Desk
	return desk.Config{
		Dir: d.Dir, Instance: c.Instance, Topics: desk.TopicsIn(c.Topics.Generation), CacheBytes: d.CacheMB << 20, Retention: d.Retention, Listen: d.Listen,
		TLSCert: d.TLSCert, TLSKey: d.TLSKey, BehindProxy: d.BehindProxy, Tokens: d.Tokens, FrameAncestors: d.FrameAncestors, Wait: d.Wait,
		WritesCalls: d.WritesCalls, LinksCalls: d.LinksCalls, RefuseUnwrittenReads: d.RefuseUnwrittenReads, Language: d.Language, PublicURL: d.PublicURL, Webhooks: d.Webhooks, RequestsPerSecond: d.RequestsPerSecond,
		OIDC: desk.OIDC{Issuer: d.OIDC.Issuer, Audience: d.OIDC.Audience, ScopesClaim: d.OIDC.ScopesClaim, QueuesClaim: d.OIDC.QueuesClaim,
			ClientID: d.OIDC.ClientID, ClientSecretFile: d.OIDC.ClientSecretFile, LoginScopes: d.OIDC.LoginScopes},
		CDS: desk.CDS{Issuers: d.CDS.Issuers, PatientKind: d.CDS.PatientKind, PatientSystem: d.CDS.PatientSystem},
	}
}
