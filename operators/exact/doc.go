// Package exact computes with the same bits on every machine and in every build: hashes that are part of
// the state, exponential, logarithm and decay without fused operations. A task that is replayed on
// another machine must repeat its outputs to the byte.
package exact
