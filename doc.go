// Package attune wires the product: which roles there are, what each reads and writes, and which
// watermark channels there are. topology.go is that page. It decides nothing: what a role does is
// in package operators, how it runs in package pipeline.
package attune
