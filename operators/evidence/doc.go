// Package evidence is a read-only snapshot of a person as of an event, and the feature space that models
// predict from. It holds nothing of the contact's own disposition: that is the label.
//
// Evidence is collected from a person.Journey after its fold; features and the rules of decisions look
// at it and at nothing else.
package evidence
