// Package world simulates the patients of a health system so that prediction can be judged: with every
// moment at which a prediction is made it can say the best probabilities that anyone could have had.
//
// docs/world.md has the model in formulas. In short: needs arise with intensities that depend on causes with a
// clock (facts of the health record, due dates, season, drift, shocks) and on a frailty that nobody sees. A need
// makes an episode, at most one at a time: latent, attempts, waiting, a call, perhaps a redial or a repeat.
// Sessions without a purpose and sessions hidden from identity blur what is seen. A forward filter over need, stage
// and duration sums over all of that.
//
// Generator and filter read the same tables (law.go) and decide in the same ticks of five minutes: the
// filter is exact. A test compares it with the enumeration of all courses in small worlds.
//
// The stream is a function of Config alone, the same bytes on every machine. Nothing here reads a clock,
// ranges over a map, or shares dice between patients. Each patient's next deed waits in a calendar; a patient takes
// some fifty bytes. The package imports nothing of what it judges.
//
// Start reading at law.go (what is probable), then generator.go (what happens) and belief.go (what could be
// known).
package world
