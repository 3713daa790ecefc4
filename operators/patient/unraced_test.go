//go:build !race

package patient

// raced: the race detector watches, at a tenth of the speed.
const raced = false
