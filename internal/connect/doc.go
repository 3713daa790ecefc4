// Package connect makes clients from a configuration: of Kafka and of the schema registry. It also
// knows what attune needs there. It creates and checks topics, watches them while a process runs, and
// says for each problem what to do.
package connect
