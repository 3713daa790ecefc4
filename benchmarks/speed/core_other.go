//go:build !linux

package main

// onCore binds nothing here: only Linux lets us.
func onCore(_ int, start func() error) error { return start() }
