package kafka

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-msk-iam-sasl-signer-go/signer"
)

// signedToken is a token of AWS_MSK_IAM: a URL that our AWS credentials have signed. AWS takes it for fifteen minutes.
type signedToken struct {
	text string
	// For whom it is.
	region, role string
	expires      time.Time
}

// renewBefore is how long before its end a token is not used any more: clocks differ, and connections are slow.
const renewBefore = 5 * time.Minute

// sign is a token that is valid now. Credentials are looked up for each: those of roles and instances change by the hour.
func (l *login) sign(ctx context.Context) (string, error) {
	region, role := l.now.AWSRegion, l.now.AWSRole
	if s := l.signed; s.region == region && s.role == role && time.Until(s.expires) > renewBefore {
		return s.text, nil
	}
	var text string
	var expires int64
	var err error
	if role != "" {
		text, expires, err = signer.GenerateAuthTokenFromRole(ctx, region, role, "attune")
	} else {
		text, expires, err = signer.GenerateAuthToken(ctx, region)
	}
	if err != nil {
		return "", &credentialsError{role, err}
	}
	l.signed = signedToken{text, region, role, time.UnixMilli(expires)}
	return text, nil
}

// credentialsError says that no AWS credentials were found, or that they may not assume the role.
type credentialsError struct {
	role string
	err  error
}

// Error implements error.
func (e *credentialsError) Error() string {
	if e.role != "" {
		return fmt.Sprintf("kafka.sasl.aws_role %s cannot be assumed: %v: check its trust policy, and AWS credentials (environment, web identity, profile, container or instance)", e.role, e.err)
	}
	return fmt.Sprintf("kafka.sasl.mechanism AWS_MSK_IAM: no AWS credentials: %v: check environment, web identity, profile, container or instance", e.err)
}

// Unwrap implements errors.Unwrap.
func (e *credentialsError) Unwrap() error { return e.err }
