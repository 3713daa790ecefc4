package kafka

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/attune-health/attune/deploy/embeddedtest"
	"github.com/attune-health/attune/pipeline"
)

const (
	regionOfTest = "eu-west-1"
	roleOfTest   = "arn:aws:iam::123456789012:role/attune"
	secretOfTest = "a-secret-key-that-nobody-should-read"
)

// withCredentials gives the process AWS credentials by its environment, and nothing else of this machine.
func withCredentials(t *testing.T, key, secret string) {
	t.Helper()
	none := filepath.Join(t.TempDir(), "none")
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret, "AWS_SESSION_TOKEN": "", "AWS_PROFILE": "", "AWS_WEB_IDENTITY_TOKEN_FILE": "",
		"AWS_CONTAINER_CREDENTIALS_FULL_URI": "", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "", "AWS_EC2_METADATA_DISABLED": "true",
		"AWS_CONFIG_FILE": none, "AWS_SHARED_CREDENTIALS_FILE": none} {
		t.Setenv(name, value)
	}
}

// tokenService stands in for AWS STS: it lets a key assume the role.
func tokenService(t *testing.T) {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/xml")
		if r.FormValue("RoleArn") != roleOfTest || !strings.Contains(r.Header.Get("Authorization"), "Credential=AKIDTEST/") {
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprint(w, `<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>not authorized to perform sts:AssumeRole</Message></Error></ErrorResponse>`)
			return
		}
		fmt.Fprintf(w, `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials><AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>%s</SecretAccessKey>
<SessionToken>session</SessionToken><Expiration>%s</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`, secretOfTest, time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
	}))
	t.Cleanup(s.Close)
	t.Setenv("AWS_ENDPOINT_URL_STS", s.URL)
}

// TestOnApacheKafkaByIAM logs in as to Amazon MSK, with keys of the environment and with a role, and goes on where the
// broker ends sessions.
func TestOnApacheKafkaByIAM(t *testing.T) {
	embeddedtest.RequireJava(t)
	withCredentials(t, "AKIDTEST", secretOfTest)
	tokenService(t)
	broker, err := embeddedtest.StartApacheKafka(t.Context(), embeddedtest.ApacheConfig{Dir: t.TempDir(), Secure: true, IAMRegion: regionOfTest})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := broker.Kill(); err != nil {
			t.Error(err)
		}
	})
	cfg := func(region, role string) Config {
		return Config{Brokers: []string{broker.SASLAddr()}, SASL: SASL{Mechanism: "AWS_MSK_IAM", AWSRegion: region, AWSRole: role}}
	}
	for name, role := range map[string]string{"keys": "", "role": roleOfTest} {
		t.Run(name, func(t *testing.T) {
			c, err := Dial(t.Context(), cfg(regionOfTest, role))
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			r := &rig{t: t, c: c, brokers: []string{broker.SASLAddr()}, suffix: fmt.Sprint(time.Now().UnixNano())}
			out := r.topic("out", 1)
			p := r.producer(pipeline.ProducerConfig{TransactionalID: "w"})
			var sent []string
			for began := time.Now(); time.Since(began) < 8*time.Second; { // two sessions of three seconds, and more
				sent = append(sent, fmt.Sprint(len(sent)))
				r.send(p, out, 0, sent[len(sent)-1])
			}
			if d := cmp.Diff(r.read(out), sent); d != "" {
				t.Error(d)
			}
			r.next(r.join("g", out)).End()
		})
	}
	wantDialError(t, cfg("us-east-1", ""), "check kafka.sasl.aws_region")
	wantDialError(t, cfg(regionOfTest, roleOfTest+"-2"), "kafka.sasl.aws_role "+roleOfTest+"-2 cannot be assumed")
}

// TestSignedTokenIsRenewedBeforeItExpires: one serves all connections for ten of its fifteen minutes.
func TestSignedTokenIsRenewedBeforeItExpires(t *testing.T) {
	withCredentials(t, "AKIDTEST", secretOfTest)
	l := &login{now: SASL{Mechanism: awsMSKIAM, AWSRegion: regionOfTest}}
	token := func() signedToken {
		t.Helper()
		if _, err := l.token(t.Context()); err != nil {
			t.Fatal(err)
		}
		return l.signed
	}
	first := token()
	if lives := time.Until(first.expires); lives < 10*time.Minute || lives > 15*time.Minute {
		t.Errorf("a token lives for %v", lives)
	}
	l.signed.text = "kept"
	if token().text != "kept" {
		t.Error("a new token while the last one is valid")
	}
	l.signed.expires = time.Now().Add(renewBefore - time.Second)
	if again := token(); again.text == "kept" || time.Until(again.expires) < renewBefore {
		t.Errorf("a token that is about to expire is kept: until %v", again.expires)
	}
	l.signed.text, l.now.AWSRegion = "kept", "us-east-1"
	if token().text == "kept" {
		t.Error("the token of another region is kept")
	}
}

func TestCredentialErrorsTellNoSecrets(t *testing.T) {
	withCredentials(t, "AKIDOTHER", secretOfTest)
	tokenService(t)
	start := func(s SASL) string {
		t.Helper()
		m, err := s.mechanism()
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err = m.Start(t.Context()); err == nil {
			t.Fatal("a token without credentials")
		}
		if strings.Contains(err.Error(), secretOfTest) {
			t.Errorf("it tells the secret: %v", err)
		}
		return err.Error()
	}
	if got := start(SASL{Mechanism: awsMSKIAM, AWSRegion: regionOfTest, AWSRole: roleOfTest}); !strings.Contains(got, "AccessDenied") || !strings.Contains(got, "check its trust policy") {
		t.Errorf("of a role that may not be assumed: %s", got)
	}
	withCredentials(t, "", "")
	if got := start(SASL{Mechanism: awsMSKIAM, AWSRegion: regionOfTest}); !strings.Contains(got, "no AWS credentials") {
		t.Errorf("without credentials: %s", got)
	}
}
