// Package verify recomputes, from what a source sent, what the topics and ClickHouse must hold, and
// names every record that differs. It shares only the generated codecs with what it verifies:
// fates, windows and sums are computed again here, naively, from the source's ledger.
//
// What it demands of each run:
//
//   - the source topics hold the ledger's records, each as often as it was sent;
//   - each copy of a touchpoint has exactly one fate: rejected, duplicate, late or processed;
//   - attune.identified carries each accepted touchpoint unchanged but for its identifiers;
//   - the way of each shard from owner to owner, and of each record that was forwarded after one,
//     follows from the order of attune.identified;
//   - every late record is late by the watermark that it carries;
//   - ClickHouse has one row for each processed or late touchpoint, equal to it;
//   - the final version of each aggregate equals the sum over the touchpoints of its window;
//   - predictions, decisions and outcomes are unique, complete for every contact, agree with each
//     other, and are row for row in ClickHouse;
//   - contact_facts has the newest revision of each contact, and it, the aggregates and the views say of
//     contacts what the oracle (internal/oracle) computes from the source topics;
//   - personas count the touchpoints of their person.
package verify
