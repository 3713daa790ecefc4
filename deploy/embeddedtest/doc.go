// Package embeddedtest runs, for tests, the systems of production that need Java: Apache Kafka itself, the Apicurio
// schema registry, and a client written with the ordinary Java libraries.
//
// Their jars are fetched once through the user's own Maven, and kept in the cache directory. HaveJava says whether
// that is possible on a machine; tests that need it call RequireJava.
package embeddedtest
