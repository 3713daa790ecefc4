// Package train is the TRAINER role: it learns from training-examples, one after the other, and publishes
// numbered versions of the model.
//
// It publishes by the number of examples alone: the same examples in the same order give the same versions.
package train
