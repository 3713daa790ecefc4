package kafka

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/segmentio/kafka-go/sasl"
	"github.com/segmentio/kafka-go/sasl/plain"
	"github.com/segmentio/kafka-go/sasl/scram"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// mechanisms are those that we can log in with.
var mechanisms = []string{"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER", awsMSKIAM}

// awsMSKIAM is Amazon MSK's name for its log-in by IAM. On the wire it is OAUTHBEARER, with a signed URL for a token.
const awsMSKIAM = "AWS_MSK_IAM"

// SASL describes how we log in. Passwords and tokens are taken anew for each connection, so that one that was rotated
// serves the next.
type SASL struct {
	// Mechanism is PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER or AWS_MSK_IAM. Empty is no log-in.
	Mechanism string `yaml:"mechanism"`
	// Username is who logs in, by PLAIN or SCRAM.
	Username string `yaml:"username"`
	// Password goes with the user name, such as ${env:KAFKA_PASSWORD} or ${file:PATH}.
	Password Secret `yaml:"password"`
	// TokenFile holds the token of OAUTHBEARER, such as one that Kubernetes projects and renews.
	TokenFile string `yaml:"token_file"`
	// TokenURL is where OAUTHBEARER gets its token instead, by client credentials (RFC 6749, 4.4).
	TokenURL string `yaml:"token_url"`
	// ClientID is who asks there.
	ClientID string `yaml:"client_id"`
	// ClientSecret goes with it.
	ClientSecret Secret `yaml:"client_secret"`
	// Scopes are asked for.
	Scopes []string `yaml:"scopes"`
	// Extensions are sent along with the token, each as name=value: some providers want logicalCluster.
	Extensions []string `yaml:"extensions"`
	// AWSRegion is that of the cluster of AWS_MSK_IAM. Credentials are found as AWS's tools find them: environment, web
	// identity of Kubernetes, profile, container or instance.
	AWSRegion string `yaml:"aws_region"`
	// AWSRole is the ARN of a role to assume with them, if that is another's.
	AWSRole string `yaml:"aws_role"`

	// Again reads the settings anew, since files that hold secrets may have changed; nil: they stay as they are.
	Again func() (SASL, error) `yaml:"-"`
}

func (s *SASL) validate() error {
	var errs []error
	complain := func(format string, args ...any) { errs = append(errs, fmt.Errorf("kafka.sasl: "+format, args...)) }
	oauth := s.TokenFile != "" || s.TokenURL != "" || s.ClientID != "" || s.ClientSecret != "" || len(s.Scopes) > 0 || len(s.Extensions) > 0
	aws := s.AWSRegion != "" || s.AWSRole != ""
	if aws && s.Mechanism != awsMSKIAM && s.Mechanism != "" {
		complain("aws_region and aws_role are for AWS_MSK_IAM")
	}
	switch {
	case s.Mechanism == "":
		if s.Username != "" || s.Password != "" || oauth || aws {
			complain("settings without mechanism (%s)", strings.Join(mechanisms, ", "))
		}
	case !slices.Contains(mechanisms, s.Mechanism):
		complain("mechanism %q is none of %s", s.Mechanism, strings.Join(mechanisms, ", "))
	case s.Mechanism == "OAUTHBEARER":
		if s.Username != "" || s.Password != "" {
			complain("OAUTHBEARER takes token_file, or token_url with client_id and client_secret, and no username or password")
		}
		if (s.TokenFile == "") == (s.TokenURL == "") {
			complain("OAUTHBEARER needs either token_file or token_url")
		}
		if s.TokenURL != "" && (s.ClientID == "" || s.ClientSecret == "") {
			complain("token_url needs client_id and client_secret")
		}
		for _, x := range s.Extensions {
			// RFC 7628, 3.1: a name of letters, a value without control characters; auth is the token's.
			name, value, ok := strings.Cut(x, "=")
			if !ok || name == "" || name == "auth" || strings.ContainsFunc(name, func(r rune) bool { return (r|0x20) < 'a' || (r|0x20) > 'z' }) || strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r > '~' }) {
				complain("extension %q is not name=value", x)
			}
		}
	case s.Mechanism == awsMSKIAM:
		if s.AWSRegion == "" {
			complain("AWS_MSK_IAM needs aws_region")
		}
		if s.Username != "" || s.Password != "" || oauth {
			complain("AWS_MSK_IAM takes aws_region and aws_role only: credentials are found as AWS's tools find them")
		}
	default:
		if s.Username == "" || s.Password == "" {
			complain("%s needs username and password", s.Mechanism)
		}
		if oauth {
			complain("token_file, token_url, client_id, client_secret, scopes and extensions are for OAUTHBEARER")
		}
	}
	return errors.Join(errs...)
}

// login is our mechanism: it makes one of kafka-go's for each connection, from the secrets of that time.
type login struct {
	mu  sync.Mutex
	now SASL
	// tokens asks for a token where the last one is about to expire.
	tokens oauth2.TokenSource
	// signed is the last token of AWS_MSK_IAM.
	signed signedToken
}

// mechanism returns kafka-go's form, nil for no log-in.
func (s *SASL) mechanism() (sasl.Mechanism, error) {
	if s.Mechanism == "" {
		return nil, nil
	}
	l := &login{now: *s}
	if s.bearer() {
		return l, nil
	}
	if _, err := l.of(); err != nil {
		return nil, err
	}
	return l, nil
}

// bearer says whether we log in with a token.
func (s *SASL) bearer() bool { return s.Mechanism == "OAUTHBEARER" || s.Mechanism == awsMSKIAM }

// Name implements sasl.Mechanism.
func (l *login) Name() string {
	if l.now.bearer() {
		return "OAUTHBEARER"
	}
	return l.now.Mechanism
}

// Start implements sasl.Mechanism.
func (l *login) Start(ctx context.Context) (sasl.StateMachine, []byte, error) {
	m, err := l.current(ctx)
	if err != nil {
		return nil, nil, err
	}
	return m.Start(ctx)
}

// current reads the secrets anew, and makes a mechanism of them. Where they cannot be read, the last ones may still do.
func (l *login) current(ctx context.Context) (sasl.Mechanism, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.now.Again != nil {
		if next, err := l.now.Again(); err == nil && next.Mechanism == l.now.Mechanism {
			next.Again = l.now.Again
			if next.ClientSecret != l.now.ClientSecret || next.ClientID != l.now.ClientID {
				l.tokens = nil
			}
			l.now = next
		}
	}
	if !l.now.bearer() {
		return l.of()
	}
	token, err := l.token(ctx)
	if err != nil {
		return nil, err
	}
	return &bearer{token: token, extensions: l.now.Extensions}, nil
}

// of is the mechanism of a user name and password.
func (l *login) of() (sasl.Mechanism, error) {
	s := &l.now
	switch s.Mechanism {
	case "PLAIN":
		return plain.Mechanism{Username: s.Username, Password: string(s.Password)}, nil
	case "SCRAM-SHA-256":
		return scram.Mechanism(scram.SHA256, s.Username, string(s.Password))
	}
	return scram.Mechanism(scram.SHA512, s.Username, string(s.Password))
}

// token is one that is valid now.
func (l *login) token(ctx context.Context) (string, error) {
	if l.now.Mechanism == awsMSKIAM {
		return l.sign(ctx)
	}
	if file := l.now.TokenFile; file != "" {
		text, err := os.ReadFile(file)
		if err != nil {
			return "", fmt.Errorf("kafka.sasl.token_file: %w", err)
		}
		return strings.TrimSpace(string(text)), nil
	}
	if l.tokens == nil {
		c := clientcredentials.Config{ClientID: l.now.ClientID, ClientSecret: string(l.now.ClientSecret), TokenURL: l.now.TokenURL, Scopes: l.now.Scopes}
		// Not the connection's context: the source outlives it.
		l.tokens = c.TokenSource(context.WithoutCancel(ctx))
	}
	t, err := l.tokens.Token()
	if err != nil {
		return "", &tokenError{l.now.TokenURL, err}
	}
	return t.AccessToken, nil
}

// tokenError says that the identity provider gave no token. Its answer may hold secrets, and is not quoted.
type tokenError struct {
	url string
	err error
}

// Error implements error.
func (e *tokenError) Error() string {
	var refused *oauth2.RetrieveError
	if errors.As(e.err, &refused) && refused.Response != nil {
		return fmt.Sprintf("kafka.sasl.token_url %s gives no token: %s %s: check client_id, client_secret and scopes", e.url, refused.Response.Status, refused.ErrorCode)
	}
	return fmt.Sprintf("kafka.sasl.token_url %s cannot be reached: %v", e.url, e.err)
}

// Unwrap implements errors.Unwrap.
func (e *tokenError) Unwrap() error { return e.err }

// bearer is the exchange of RFC 7628: the token at once, and an empty answer, or the reason for which it is refused.
type bearer struct {
	token      string
	extensions []string
}

// Name implements sasl.Mechanism.
func (b *bearer) Name() string { return "OAUTHBEARER" }

// Start implements sasl.Mechanism.
func (b *bearer) Start(context.Context) (sasl.StateMachine, []byte, error) {
	first := "n,,\x01auth=Bearer " + b.token + "\x01"
	for _, x := range b.extensions {
		first += x + "\x01"
	}
	return b, []byte(first + "\x01"), nil
}

// Next implements sasl.StateMachine.
func (b *bearer) Next(_ context.Context, challenge []byte) (done bool, response []byte, err error) {
	if len(challenge) == 0 {
		return true, nil, nil
	}
	// The broker says why in JSON, and wants a last word before it says so as an error of the protocol.
	return false, []byte{1}, nil
}
