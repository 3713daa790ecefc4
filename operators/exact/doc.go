// Package exact computes with the same bits on every machine and in every build: hashes that are part
// of the state, exponential, logarithm and decay.
//
// A task that is replayed must repeat its outputs to the byte, and may be replayed on another
// machine. Two things of Go would break that: math.Exp and math.Log, which are assembly on some
// processors, and x*y + z, which the compiler may fuse into one rounding on some. In this package and
// its callers each product is converted to float64 before it is added: the language forbids fusing
// across a conversion.
package exact
