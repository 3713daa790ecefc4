// Package reprocess runs the history through this version into new topics, beside the running version:
// a generation of topics with consumer groups of their own. It changes nothing of the present
// generation.
//
// When the new generation has caught up, the job compares the two: decisions by their ids, which are
// made of policy and trigger and so are the same in both, and what is finally known of each contact.
// Each decision that differs has a class that says why (compare.go). Live, one channel may lag behind
// another, and a decision says so; a reprocess reads in the order in which touchpoints became known.
// Models are each generation's own: a decision that differs by its model's odds alone is no fault.
// What is unexplained fails the job: the same had been read, and the decision is another.
package reprocess
