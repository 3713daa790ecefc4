// Package journeys simulates the patients of a health system: what they do on the
// web, in the app and on the phone, and what their health records say meanwhile.
//
// A patient's need makes an episode. An episode may begin with a fact from the
// health record (a trigger), go on with digital attempts that succeed or fail
// (patterns of steps), and end with a call. The call may be abandoned and dialled
// again, or be followed by a repeat contact. Sources then deliver what happened as
// real ones do: late by their own habits, out of order, sometimes twice.
//
// The stream is a function of Config alone: the same seed, start and settings give
// the same bytes on every machine. Nothing here reads a clock, ranges over a map,
// or uses a shared source of randomness, and times and choices are decided by
// integer arithmetic.
//
// # The ceiling
//
// Ceiling says how often the best possible predictor names a contact's reason
// before the contact, so that a better score proves a leak. It is exact by
// construction and not by simulation:
//
//  1. An episode draws a need from the patient's priors, then a cell (trigger, first and second
//     pattern, reason of the contact it repeats) from the tables of P(cell | need), and forgets the
//     need.
//  2. Everything observable up to the end of the call (which steps, when, from which device, which
//     queue, how long) is drawn from the patient's traits and the cell, never from a need: there is
//     none.
//  3. When the call is over its reason is drawn from P(need | patient, cell), by Bayes from the same
//     tables. The joint distribution of needs and cells is therefore what step 1 and the tables say,
//     as if the need had been there from the beginning.
//
// Given traits and cell, the reason is thus independent of everything that came
// before it. No predictor, whatever it has seen, is right more often than max
// P(need | patient, cell) in expectation. Ceiling is the mean of that maximum over
// contacts. Honest predictors stay below it: they must infer the traits from
// behaviour, and do not know which steps belong to this contact.
//
// Actions have no effect: the simulator does not change its patients' minds because
// of a recommendation. Respond makes outcomes for them that are plausible and mean
// nothing.
//
// Package world, beside this one, has patients at a human pace whose needs have causes, and the exact posterior of what
// can be known of them.
package journeys
