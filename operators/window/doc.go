// Package window groups records by event time and key, and says when a group's value is emitted.
//
//	         early panes        on-time pane     late panes            gone
//	 ─┬──────────┬──────────┬──────┬───────────────┬─────────────────────┬──► watermark
//	start   every d of     ...    end        end + lateness      end + lateness + retain
//	        processing time
//
// An Assigner places an event time in a window. Windows keeps, per window and key, a pane: an
// accumulator of the caller's type, in a keyed store of the task. A pane is emitted early every so
// much processing time if it has changed, on time when the watermark of the channels that it waits
// for passes the window's end, and again with every record that comes between then and the end of
// allowed lateness. Each emission carries the whole value and a version that rises, so a later one
// replaces the earlier.
//
// A record beyond allowed lateness changes no value. As long as its pane is there it is counted as
// dropped, and the pane is emitted again to say so.
//
// Panes and timers are state: they survive a restart, and a window closes even if its key stays
// silent. Whether a record is late depends on the watermark that judged it, which the caller
// supplies, so a record that had to wait elsewhere keeps its first judgement.
package window
