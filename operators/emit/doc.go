// Package emit holds what every role writes with: the topics and schema ids, Confluent framing, the
// CloudEvents attributes, deterministic ids, and the rejecter that keeps a record which cannot be used,
// with its reason.
//
// Lowest of the operators' rooms beside exact: it knows records and topics, and no person.
package emit
