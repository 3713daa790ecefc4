// Command mutants plants known bugs, one at a time, and demands that a test finds each. A mutant is a
// file in testdata:
//
//	what the bug is, in one line
//	file: path of the file that it is planted in
//	test: package, and arguments of its test binary
//	=== before
//	text that the file holds exactly once
//	=== after
//	text in its place
//
// The last line break of either text does not belong to it: it may be a part of a line.
//
// Nothing is written into the tree: the go command gets the changed files as an overlay. All mutants are woven into
// one build (weave), and a variable of the environment says which of them a test binary is to be. A mutant whose
// text is no longer found, or that does not compile, fails like one that no test finds.
package main
