package embeddedtest

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"

	"github.com/attune-health/attune/deploy/process"
)

// securePorts are the ports of the listeners with TLS, SASL, and both.
type securePorts struct{ sasl, tls, saslTLS int }

func (p securePorts) listeners() []string {
	return []string{
		fmt.Sprintf("SASL_PLAINTEXT://127.0.0.1:%d", p.sasl),
		fmt.Sprintf("SSL://127.0.0.1:%d", p.tls),
		fmt.Sprintf("SASL_SSL://127.0.0.1:%d", p.saslTLS),
	}
}

// secureSettings are those of the secure listeners. Client certificates are checked if a client shows one.
func (a *Apache) secureSettings() map[string]string {
	settings := map[string]string{
		"sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-512,OAUTHBEARER",
		"ssl.client.auth":         "requested",
		"ssl.keystore.type":       "PEM",
		"ssl.keystore.location":   a.path("broker.pem"),
		"ssl.truststore.type":     "PEM",
		"ssl.truststore.location": a.path("ca.pem"),
	}
	for _, listener := range []string{"sasl_plaintext", "sasl_ssl"} {
		settings["listener.name."+listener+".plain.sasl.jaas.config"] = fmt.Sprintf(
			`org.apache.kafka.common.security.plain.PlainLoginModule required user_%s="%s";`, a.cfg.User, a.cfg.Password)
		settings["listener.name."+listener+".scram-sha-512.sasl.jaas.config"] =
			`org.apache.kafka.common.security.scram.ScramLoginModule required;`
		// Kafka's validator for tests: it takes tokens that nobody has signed, until they expire.
		settings["listener.name."+listener+".oauthbearer.sasl.jaas.config"] =
			`org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";`
	}
	if a.cfg.IAMRegion != "" {
		const listener = "listener.name.sasl_plaintext.oauthbearer.sasl."
		settings[listener+"server.callback.handler.class"] = "IAMValidator"
		settings[listener+"jaas.config"] = fmt.Sprintf(`org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker" region="%s" session="3000";`, a.cfg.IAMRegion)
	}
	return settings
}

//go:embed apache/IAMValidator.java
var iamValidatorSource string

// iamValidator compiles the class, once, and returns its part of a class path.
func iamValidator(ctx context.Context, cacheDir, jars string) (string, error) {
	dir, err := artifact{
		name: "iam-validator", recipe: iamValidatorSource + jars,
		make: func(ctx context.Context, dir string) error {
			work, err := os.MkdirTemp("", "iam-validator-")
			if err != nil {
				return err
			}
			defer os.RemoveAll(work)
			source := filepath.Join(work, "IAMValidator.java")
			if err := os.WriteFile(source, []byte(iamValidatorSource), 0o600); err != nil {
				return err
			}
			return run(ctx, "javac", "-cp", jars+"/*", "-d", dir, source)
		},
	}.ensure(ctx, cacheDir)
	return ":" + dir, err
}

// LostAddr is the address of a listener whose clients are directed to where nobody is; it needs Lost.
func (a *Apache) LostAddr() string { return process.Loopback(a.cfg.lostPort) }

// SASLAddr is the address with SASL and without TLS; it needs Secure, as the two below do.
func (a *Apache) SASLAddr() string { return process.Loopback(a.cfg.secure.sasl) }

// TLSAddr is the address with TLS and without SASL.
func (a *Apache) TLSAddr() string { return process.Loopback(a.cfg.secure.tls) }

// SASLTLSAddr is the address with both.
func (a *Apache) SASLTLSAddr() string { return process.Loopback(a.cfg.secure.saslTLS) }

// User and password for the addresses with SASL, by PLAIN or SCRAM-SHA-512.
func (a *Apache) User() (user, password string) { return a.cfg.User, a.cfg.Password }

// CAFile is the certificate, as PEM, that the broker's and the client's certificates are signed with.
func (a *Apache) CAFile() string { return a.path("ca.pem") }

// ClientCertFile holds a certificate that the broker accepts, and its key, both as PEM.
func (a *Apache) ClientCertFile() string { return a.path("client.pem") }
