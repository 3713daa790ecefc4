// Package inspect looks at what lies in topics without disturbing anything: records as JSON (Tail), and the
// processor's state in its changelogs (ListState, SumState, StateGet, StateCheck). It reads committed records
// and nothing else: a running processor does not notice.
//
// Identifiers and health information are hidden unless Reveal is set. Of a record that a source wrote only
// codes and references are shown, and only where they look like what they should be.
package inspect
