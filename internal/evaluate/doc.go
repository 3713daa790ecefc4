// Package evaluate is the evaluate command: how well models predict on a recorded log.
//
// It is prequential: each contact is predicted at its first touchpoint, from what was known then, and
// learned when its disposition comes. The log goes through the product's own operators (INGEST, IDENTITY,
// PATIENT, TRAINER), without a broker; several models see the same records side by side. A contact is
// scored where the person had an earlier contact of known reason: with nobody's history at all only the
// usual mix can be told.
//
// Beside each model stand the floors, which need no model: the commonest reason of all, the person's last,
// the person's commonest, and what followed the last one most often. Where a truth file comes with the log,
// what it says was attainable stands beside them, and every contact of which it knows that is scored.
package evaluate
