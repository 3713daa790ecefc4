// Package oracle computes the figures of docs/kpis.md from what sources sent, and compares them with
// what attune says. It is SQL over the raw touchpoints and links (the .sql files beside this one, run
// in whatever ClickHouse is at hand), and shares nothing with operators and views but that page and
// the generated codecs. Of attune's own topics it takes only which records were refused
// (touchpoints.rejected) and which came too late for a window (touchpoints.late): that depends on when
// they arrived, and cannot be told from what they say.
//
// What it knows for itself: that a phantom is no call, that a second copy is none, whose a touchpoint
// is by the links, which steps failed, which contacts are last resorts and repeats, and which resolved
// something.
//
// Raw identifiers do not reach ClickHouse: they are hashed with a salt that nobody keeps. Tables are
// temporary, of one session, and end with it.
package oracle
