//go:build !race

package state

const shadow = 1
