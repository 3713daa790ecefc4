// Package desk is what an agent sees while the phone still rings: it keeps what the output topics say of contacts and
// persons, and serves it over HTTP as JSON, as a stream of events and as pages.
//
// A desk is complete. It reads all partitions of its topics by itself, committed records only, and keeps what it shows
// in Pebble, with the positions that it has reached in the same write. A restart shows at once what was known, and
// reads the rest. Several desks share nothing, and answer alike.
//
//	personas, contact-predictions, next-best-actions, attune.identified, attune.identity
//	      │ consume.Consumer (a Replica)
//	      ▼
//	   batch ──► Store (Pebble) ──► Server ──► agent's page, desktop, script
//	                │                  └──► access-audit, action-outcomes, touchpoints.call
//	                └──► hub: who waits for a contact hears that it has changed
//
// What lies in the store does not depend on the order in which partitions are read, nor on how often a record is read:
// each thing has a place (the broker's time, partition, offset), and the later place wins. Ids of events in streams are
// places, so that a client that was cut off goes on at another desk.
//
// Every answer says how far behind the desk is. Everything that was committed behind_ms ago is in the answer. A desk
// that cannot reach the broker falls behind, and says so.
//
// Who may see what is in auth.go. Every read of a person is a record on access-audit, which the broker has before the
// answer leaves. No answer holds a sensitive need, an identifier, or the name of a page.
//
// The package has no log. Its Events are turned into log lines and metrics elsewhere.
package desk
