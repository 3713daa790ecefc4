// Package traffic is what source systems send, made up or recorded: the feeds of attune simulate, attune
// import and attune demo, and the pump that sends a feed to the source topics in its own time.
//
// A feed delivers one record after the other, each with the moment at which it is due. What a pump sends it
// can write to a ledger, and count for the verifier.
package traffic
