// Command confgen writes config.example.yaml from package config: every key with its default, and with
// the comment of the field that it sets. `make generate` runs it; a test compares.
package main
