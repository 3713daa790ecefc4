// Package embeddedtest runs, for tests, the systems that attune meets in production and that need Java: Apache Kafka
// itself, the Apicurio schema registry, and a client written against the ordinary Java libraries.
//
// Their jars come through the user's own Maven, once, and are kept in the cache directory. Whether all that is
// possible on a machine, HaveJava says; tests that need it call RequireJava.
package embeddedtest
