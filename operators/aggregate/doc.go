// Package aggregate counts touchpoints and contacts in windows of event time. An emission carries the
// whole value of its cell under an identity and a version, so that a correction replaces the row. It also
// says what is known of each contact that is over, and says it again when something earlier becomes known.
package aggregate
