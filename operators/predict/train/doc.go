// Package train is the TRAINER role: it learns from training-examples, one after the other, and
// publishes numbered versions of the model to the topic that every PATIENT task reads.
//
// It publishes by the number of examples alone, never by a clock: the same examples in the same order
// give the same versions, after a restart or on another machine. There is one trainer for all, since
// the topic of examples has one partition; patients are not waiting for it.
package train
