// Package enginetest has what the engine's own tests have in common: a topology of two hops with
// channels, a timer, windows and late records, and helpers to drive it and to compare what it emits.
// Tests of package pipeline drive its tasks by hand; those of package runner run it for real.
package enginetest
