// Package window groups records by event time and key, and says when a group's value is emitted.
//
//	          early              on time          late                  gone
//	 ─┬──────────┬──────────┬──────┬───────────────┬─────────────────────┬──► watermark
//	start   every d of     ...    end        end + lateness      end + lateness + retain
//	        processing time
//
// # Assigners say which windows there are
//
//	Assigner   windows                                       a record costs          a window costs
//	Tumbling   of one size, one after the other              one fold                nothing
//	Calendar   hours, days, weeks, months of a time zone     one fold                nothing
//	Sliding    of one size, one begins every slide           one fold, into a slice  O(log(size/slide)) merges
//	Session    as long as records are less than a gap apart  one fold                a merge for each it joins
//
// # Triggers say when a pane, a window's value so far, is emitted
//
//	Trigger    when
//	Early      every d of processing time, if it has changed; of sliding windows the one that ends next
//	OnTime     the watermark of the channels that it waits for has passed its end
//	Late       with each record that comes after that, up to allowed lateness
//	Retracted  a session became part of an earlier one, which is emitted too: its value is now zero
//
// Each pane has the whole value and replaces the one before of the same key and start: its version
// rises, also over restarts. It says how complete it is: the watermark, whether that rests on every
// source (real), on some being idle, or was forced, and how many records came late or were left out.
//
// A window names the channels whose watermark it waits for. One that waits for the fast channels
// only is out early, and with enough lateness corrected when the slow one lands; one that waits for
// all is out once. Both hold the same in the end.
//
// # Accumulators say what is gathered
//
// An Aggregate folds records into a value of the caller's, merges values, and stores them. Package
// accumulator has Count, Number (sum, mean, least, most), Distinct, Quantiles, TopK and Histogram.
//
// # What is never lost
//
// A record beyond allowed lateness changes no value. As long as its window is kept it is counted as
// dropped, and the pane is emitted again to say so; Context.Count counts each that no window took.
// Whether it is late depends on the watermark that judged it, which the caller supplies: a record
// that had to wait elsewhere keeps its first judgement. Arrival.Judged has no default: left at 0, which is
// a watermark of 1970, no record is ever late, and each emits its window once more.
//
// Windows and timers are state: they survive a restart, and a window closes though its key is
// silent. Nothing depends on the order in which state was restored.
//
// # Where to read
//
// windows.go (how to use them), assigner.go, calendar.go; panes.go (Tumbling and Calendar),
// sliding.go with tree.go, session.go (how they work).
package window
