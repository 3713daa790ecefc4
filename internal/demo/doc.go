// Package demo runs everything in one process on this machine: embedded servers (Parts), a feed before
// them, the processor and the sink that the separate commands run, and a view of what happens. When the
// feed has ended it drains, recomputes independently from what was sent what topics and ClickHouse must
// hold, and compares.
//
// The data can be kept in a directory: the next demo goes on where the previous one ended, and OpenData
// lets it be queried.
package demo
