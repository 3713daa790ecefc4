// Package enginetest is what the engine's own tests have in common: TwoHops, a topology with channels, a
// timer, windows and late records, with helpers to drive it and to compare what it emits; a Meeting, in
// which the records of two topics with different bounds on disorder meet by key, are shaken by kills, and
// leave what an oracle needs to know; and a Treadmill, which steps records through one task without end.
//
// Tests of package pipeline drive tasks by hand; those of package runner run them for real.
package enginetest
