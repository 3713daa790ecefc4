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
	// Retention is for how long a contact, a decision and a step of a journey are shown after they were last heard of.
	Retention time.Duration `yaml:"retention"`
	// TLSCert holds the PEM certificate of the desk.
	TLSCert string `yaml:"tls_cert"`
	// TLSKey holds its PEM key.
	TLSKey string `yaml:"tls_key"`
	// BehindProxy says that a proxy in front of the desk ends TLS.
	BehindProxy bool `yaml:"behind_proxy"`
	// Tokens are those who may ask. Each is a name, the SHA-256 of the token in hex (printf %s TOKEN | sha256sum), and
	// scopes joined by plus signs: contact:read, contact:write, person:read, live:read, health:read.
	Tokens []string `yaml:"tokens"`
	// FrameAncestors are the origins of desktops that may show the pages in a frame.
	FrameAncestors []string `yaml:"frame_ancestors"`
	// Wait is how long a lookup waits for the decision that it causes.
	Wait time.Duration `yaml:"wait"`
	// WritesCalls: a lookup writes the call's first touchpoint, and a disposition its last. Turn it on where the contact
	// center sends none.
	WritesCalls bool `yaml:"writes_calls"`
	// Language is that of pages where a browser asks for none that there is: en or es.
	Language string `yaml:"language"`
}

// deskDefaults takes the defaults of the desk.
func (c *Config) deskDefaults() {
	var d desk.Config
	d.SetDefaults()
	c.Desk = DeskConfig{Listen: d.Listen, CacheMB: d.CacheBytes >> 20, Retention: d.Retention, Wait: d.Wait, Language: d.Language}
}

// DeskConfig translates the settings into those of package desk.
func (c *Config) DeskConfig() desk.Config {
	d := &c.Desk
	return desk.Config{
		Dir: d.Dir, Instance: c.Instance, Topics: desk.TopicsIn(c.Topics.Generation), CacheBytes: d.CacheMB << 20, Retention: d.Retention, Listen: d.Listen,
		TLSCert: d.TLSCert, TLSKey: d.TLSKey, BehindProxy: d.BehindProxy, Tokens: d.Tokens, FrameAncestors: d.FrameAncestors, Wait: d.Wait,
		WritesCalls: d.WritesCalls, Language: d.Language,
	}
}
