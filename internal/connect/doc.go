// Package connect makes clients of a configuration: of Kafka and of the schema registry. It also knows what
// attune needs there, and says for each way in which that is missing what to do: topics are created, checked,
// and watched while a process runs.
package connect
