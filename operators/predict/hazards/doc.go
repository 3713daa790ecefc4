// Package hazards says whether and when somebody will get in touch. A model family keeps a Learner beside what
// it learns of reasons, and publishes it with that.
//
// Time after a moment is cut at the horizons: [0, 15 min), [15 min, 2 h), [2 h, 24 h), [24 h, 7 d). Each
// interval has a hazard, the probability of a contact in it where none came before:
//
//	h = 1 / (1 + e^-(bias + weights of the moment's tokens))
//	P(contact within a horizon) = 1 - (1 - h1) (1 - h2) ... up to it
//
// which grows with the horizon whatever was learned. A moment teaches an interval once that is over, and only
// where no contact came before it: neither is a contact told sooner than its absence, nor is anything taken
// for an absence that is only not known yet.
//
// The bits are the same on every machine (package exact).
package hazards
