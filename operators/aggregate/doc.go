// Package aggregate counts touchpoints and contacts in windows of event time. An emission carries the
// whole value of its cell under an identity and a version, so that a correction replaces the row.
//
// What holds. An accepted touchpoint counts in one minute of its channel, a concluded contact in the one
// hour of its disposition. What a contact counts follows from event times (docs/kpis.md), whichever of its
// touchpoints came first, and whoever it belonged to before a link. A cell is corrected as long as its
// window is kept; the fact of a contact for longer (person.Config.CorrectFor). A person is of one task at a
// time, so that rows of different tasks for one cell add up, persons included.
//
// Read aggregate.go for the windows, contact_facts.go for contacts and corrections, tally.go for what is
// counted.
package aggregate
