package reprocess

import "github.com/attune-health/attune/schemas"

// contactFact is what a generation says of a contact in the end.
type contactFact struct {
	version   uint64
	digest    uint64
	final     bool
	startedAt schemas.Millis
}

// factVersion orders what is said of one contact: what a disposition says replaces what came before it,
// whatever the revision, as in ClickHouse.
func factVersion(f *schemas.ContactFact) uint64 {
	version := uint64(uint32(f.Revision))
	if f.Concluded {
		version |= 1 << 32
	}
	return version
}

// factOf leaves out how often a contact was told of: that depends on what arrived first.
func factOf(f *schemas.ContactFact) contactFact {
	v := contactFact{version: factVersion(f), final: f.Final, startedAt: f.StartedAt}
	f.Revision, f.Final = 0, false
	v.digest = digest(schemas.AppendFramed(nil, 0, f))
	return v
}

// facts are what a generation says of its contacts.
type facts map[string]contactFact

func (all facts) add(f *schemas.ContactFact, shared names) {
	id, v := shared.of(f.ContactID), factOf(f)
	if old, ok := all[id]; !ok || v.version >= old.version {
		all[id] = v
	}
}
