// Package predict says why, whether and when a person will make contact, turns dispositions into
// examples, and learns from them: the predict step of the PATIENT chain and the TRAINER role.
//
// The same examples in the same order give the same numbered model versions; a prediction names the
// version that made it.
package predict
