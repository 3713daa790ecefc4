// Package join brings together records of one key that arrive apart. Both joins keep what they need
// in keyed state and timers only, so that they survive a restart; what they give depends on the
// committed order of the records and on nothing else.
//
// Temporal looks a probe up in a table as of the probe's event time: whose consent, coverage or care
// team it was then, not now.
//
//	table  ──v1────────v2──────────deleted──►   versions, each valid from its event time
//	probe  ────────p─────────q──────────────►   p: v1, q: v2
//
// The table may be behind. A join that waits answers when the watermark of the table's channels has
// passed the probe; one that answers now corrects itself, with a higher revision, as versions come in,
// until that watermark is Correct past the probe. Versions older than the watermark less Retention go,
// but for the newest among them, which is still the answer.
//
// Interval pairs records of two streams whose event times are near: right is in
// [left + Lower, left + Upper]. Each pair comes once, when its second record does. A left join gives a
// left record alone when the watermark of the right channels says that no right one can come.
//
// A watermark is a promise that nothing earlier is to come: a record at the watermark is on time. What
// is later than allowed, or does not fit into the bounds of a key, is refused: counted and handed to
// the caller for a side output. Records with an id are taken once while their first copy is kept.
//
// All records of a key are one value of a store. So a commit writes the more for a key, the more is kept of
// it; MaxKept is the bound.
package join
