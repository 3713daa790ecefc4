// Command examples is the Go program of the consumer guide (docs/consumers.md): it reads next best actions as a contact
// center does, and reports which ones were shown. java/ and python/ hold the same program for those languages; the
// tests run all three and demand the same lines of each. They share no code with attune: what they use, any consumer has.
package main
