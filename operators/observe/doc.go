// Package observe says what a touchpoint changes of what is known of a person: whether it is a
// duplicate or one too many, which session and which contact it belongs to, what failed and what it
// opens or closes, and whether a call is a last resort. Each is a step of the PATIENT chain.
//
// Steps change a person through the methods of person.Journey only. A step sets Journey.Stop to end the
// chain after it.
package observe
