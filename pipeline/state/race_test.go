//go:build race

package state

// raceDetector says that the process takes several times the memory of what it does.
const raceDetector = true
