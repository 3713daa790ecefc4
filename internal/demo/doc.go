// Package demo runs everything in one process on this machine: embedded servers (Parts), a feed before
// them, the processor and the sink that the separate commands run, and a view of what happens. When the
// feed has ended it drains, recomputes independently from what was sent what topics and ClickHouse must
// hold, and compares.
//
// Its patients live at a human pace and in time-lapse (benchmarks/world). Two days of their history are sent
// first, as fast as it goes and without the sink. From then on each contact is scored as its reason becomes
// known, beside the best that anyone could have said at its first touchpoint (foresight). Latencies are of our
// clock, whatever the patients' does.
//
// The data can be kept in a directory: the next demo goes on where the previous one ended, and OpenData
// lets it be queried.
package demo
