// Package pattern finds sequences of records of one key by event time: "a failed refill form, no
// completion within ten minutes, then a call within half an hour".
//
//	web.failed then not web.completed within 10m then call.started within 30m
//
//	  failed ●───────────10m────────────┤────────────30m──────────────┤
//	         no completed, or no match      the first call: the match
//
// A Sequence is a list of steps, built or parsed; New compiles it to states and keeps, per key, the
// records that wait for their turn and the partial matches, in keyed state and timers only.
//
//	A                  the first step is a record
//	then B within d    the first B after the point reached so far, no later than d after it
//	then not B within d    no B for d after that point, which then moves on by d
//	then not B         no B before the record that the next step with a record finds
//
// A point is the time of the record that a step found, or the end of the span that a step waited.
// After means strictly later: records of one time are not in sequence. Whatever else happens between
// is passed over. Each record that fits the first step begins a partial match of its own; After says
// what becomes of the others when one is complete.
//
// Records are processed in the order of event time, not of arrival: each waits until the watermark of
// the channels that the pattern names has passed it. So a result does not depend on how partitions
// interleave; the price is that a match is known when the watermark has passed its end, and a pattern
// should name the channels of its own records only. What comes behind the watermark is refused, and
// handed to the caller for a side output.
package pattern
