// Package reprocess runs the history through this version into new topics, beside what is running: a
// generation of topics with groups of their own. Nothing of the present generation is touched.
package reprocess
