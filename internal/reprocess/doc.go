// Package reprocess runs the history through this version into new topics, beside the running version:
// a generation of topics with consumer groups of their own. It changes nothing of the present
// generation.
package reprocess
