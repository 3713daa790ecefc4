// Package demo is everything in one process on this machine: embedded servers (Parts), a feed before them,
// the processor and the sink that the separate commands run, and a view of what happens. When the feed has
// ended it drains, and compares what lies in topics and ClickHouse with an independent recomputation from
// what was sent.
//
// A directory of data can be kept: the next demo goes on where the one before ended, and OpenData lets it be
// queried.
package demo
