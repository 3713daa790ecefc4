// Package aggregate counts touchpoints and contacts in windows of event time. An emission carries the
// whole value of its cell under an identity and a version, so that a correction replaces the row.
package aggregate
