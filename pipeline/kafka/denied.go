package kafka

import (
	"cmp"
	"errors"
	"fmt"
)

// DeniedError says what the cluster does not let us do, and how it is allowed.
type DeniedError struct {
	// Operation and Resource are Kafka's words: Read of a topic, Write of a transactional-id.
	Operation, Resource string
	// Name is the resource's, as the cluster has it; empty where it did not say.
	Name string
	// User is who is not allowed.
	User string
	// Code is the broker's.
	Code Code
}

// Error names the operation and the resource, and the command that allows it.
func (e *DeniedError) Error() string {
	name := cmp.Or(e.Name, "NAME")
	return fmt.Sprintf("%s is not allowed to %s %s %s: allow it (kafka-acls --add --allow-principal User:%s --operation %s --%s %s; docs/acls.md has all of them), and attune goes on by itself (%v)",
		e.User, e.Operation, e.Resource, name, e.User, e.Operation, e.Resource, name, e.Code)
}

// Unwrap returns the broker's code.
func (e *DeniedError) Unwrap() error { return e.Code }

// denied says whether the code means that an ACL is missing. Somebody may give it while we ask again.
func (c Code) denied() bool {
	switch c {
	case codeTopicDenied, codeGroupDenied, codeClusterDenied, codeTransactionalIDDenied:
		return true
	}
	return false
}

// denied makes a DeniedError of an error whose code says so, for what was asked. Any other error stays as it is.
func (c *Cluster) denied(err error, operation, resource, name string) error {
	var code Code
	var already *DeniedError
	if !errors.As(err, &code) || !code.denied() || errors.As(err, &already) {
		return err
	}
	switch {
	case code == codeClusterDenied:
		operation, resource, name = "IdempotentWrite", "cluster", "kafka-cluster"
	case code == codeTopicDenied && resource != "topic":
		operation, resource, name = "Read", "topic", "" // one of those whose offsets are asked for or committed
	case resource == "topic":
		name = c.names.out(name)
	}
	return &DeniedError{Operation: operation, Resource: resource, Name: name, User: c.User(), Code: code}
}

// User is who we are to the cluster, as far as we know.
func (c *Cluster) User() string {
	return cmp.Or(c.cfg.SASL.Username, c.cfg.SASL.ClientID, "PRINCIPAL")
}

// resource is what Kafka calls what is coordinated, with the operation that we need.
func (co coordinator) resource() (operation, resource string) {
	if co.kind == kindTransaction {
		return "Write", "transactional-id"
	}
	return "Read", "group"
}
