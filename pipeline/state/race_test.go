//go:build race

package state

// shadow is by how much the race detector's own memory multiplies a process's.
const shadow = 3
