// Package predict says why, whether and when a person will make contact, and turns dispositions into
// examples: the predict step of the PATIENT chain, and what a model must offer to it (Model, Learner,
// Family). Package naivebayes is the model in use, package train the TRAINER role.
//
// A prediction names the version that made it, and the feature space that it was made from.
package predict
