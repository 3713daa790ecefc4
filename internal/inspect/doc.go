// Package inspect shows what is in topics: records as JSON (Tail), and the processor's state in its
// changelogs (ListState, SumState, StateGet, StateCheck), and the versions of the model (Models). It only
// reads committed records, which a running processor does not notice; but for Models.Pin, which writes one.
//
// Identifiers and health information are hidden unless Reveal is set. Of a record that a source wrote
// it shows only codes and references, and only if they look like what they should be.
package inspect
