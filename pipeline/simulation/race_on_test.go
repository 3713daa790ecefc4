//go:build race

package simulation

// slowdown is by how much fewer seeds run, since the race detector makes each take longer.
const slowdown = 15
