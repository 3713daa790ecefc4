// Package predict says why, whether and when a person will make contact, and turns dispositions into
// training examples. It is the predict step of the PATIENT chain, and the interfaces that a model
// must implement to be used by it (Model, Learner, Family).
//
// Package naivebayes is the model in use, package train is the TRAINER role.
//
// Every prediction names the model version that made it and the fingerprint of the feature space that
// its numbers belong to, so that it can be scored, explained and learned from long after either has
// changed.
package predict
