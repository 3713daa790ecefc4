// Package emit holds what every role writes with: topics and schema ids, Confluent framing,
// CloudEvents attributes, deterministic ids, and the rejecter, which keeps a record that cannot be
// used, with its reason.
//
// Beside exact it is the lowest of the operators' rooms: it knows records and topics, but no person.
package emit
