// Package lint holds the house rules as tests: which package may import which, who may start a
// goroutine or read a clock, and what every package must say of itself. It has no code of its own.
package lint
