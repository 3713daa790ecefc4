// Package growth holds tests that change the product the way it is expected to grow, and run a part of its
// tests on the result. A test writes changed copies of files into a temporary folder and names them in a
// build overlay, so that the tree stays as it is.
package growth
