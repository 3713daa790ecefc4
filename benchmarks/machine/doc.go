// Package machine says on what a measurement was made, and what processes use of it, as Linux tells in
// /proc. What the kernel does not tell is zero or "unknown": no measurement ends for it.
package machine
