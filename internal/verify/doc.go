// Package verify recomputes from what a source produced what the topics and ClickHouse must hold,
// and names every record that differs. It shares nothing with what it verifies but the generated
// codecs: fates, windows and sums are computed again here, naively, from the source's ledger.
//
// What it demands, per run:
//
//   - the source topics hold the ledger's records, each as often as it was produced;
//   - each copy of a touchpoint has exactly one fate: rejected, duplicate, late or processed;
//   - attune.identified carries each accepted touchpoint unchanged but for its identifiers;
//   - what became of each shard on its way from owner to owner, and of each record that was passed on
//     after one, follows from the order in which attune.identified has them;
//   - every late record is late by the watermark that it carries;
//   - ClickHouse has one row for each processed or late touchpoint, equal to it;
//   - the final version of each aggregate equals the sum over the touchpoints of its window;
//   - predictions, decisions and outcomes are unique, complete for every contact, agree with each
//     other, and are row for row in ClickHouse;
//   - contact_facts has the newest revision of each contact, and it, the aggregates and the views say of
//     contacts what the oracle (internal/oracle) computes from the source topics;
//   - personas count the touchpoints of their person.
package verify
