// Package doctor examines a site: every check that roles run at their start, and some that only pay over
// time, each problem with what to do about it.
package doctor
