// Package patient is the PATIENT role: it finds the person and shard that a record belongs to, holds or
// forwards the record where the shard is not here, and runs the chain of steps.
//
//	deduplicate → limit → lateness → sessionize → persona → last-resort → predict → decide → aggregate
//
// Links move shards from owner to owner, and each move has an epoch, so that a touchpoint that was
// looked up before or after finds its shard: it is held until the shard has arrived, or forwarded after
// it.
//
// What holds. Each touchpoint has exactly one fate: rejected, duplicate, late or processed. A persona
// does not depend on when a link arrived, nor on the order in which a move and the touchpoints around
// it reached the tasks, save for signals that compare a touchpoint with the ones before it. Figures of
// contacts depend on no order at all (docs/adr/0014-contacts-are-corrected.md). Everything is a function
// of the records, their order and the ticks; nothing draws lots or reads a clock.
//
// Read patient.go for the way of a record, chain.go for the steps and their order, move_shard.go for what
// happens when a link moves a shard (with person.Placement for where a shard may be), timers.go for what
// happens when nothing does, step.go for what a new step may implement.
package patient
