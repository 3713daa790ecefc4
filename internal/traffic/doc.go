// Package traffic is what source systems send, simulated or recorded: the feeds of attune simulate,
// attune import and attune demo, and the pump that sends a feed to the source topics in its own time.
//
// A feed delivers one record after the other, each with the moment at which it is due. A pump can write
// what it sends to a ledger, and count it for the verifier.
package traffic
