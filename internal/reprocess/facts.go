package reprocess

import (
	"fmt"

	"github.com/attune-health/attune/schemas"
)

// contactFact is what a generation says of a contact in the end.
type contactFact struct {
	version uint64
	digest  uint64
	// whole is a digest of what only self-contained facts say, 0 for others.
	whole     uint64
	final     bool
	withdrawn bool
	startedAt schemas.Millis
	// id is the contact center's, key the contact's own.
	id, key string
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

// factOf leaves out how often a contact was told of, and its key: they depend on what arrived first.
func factOf(f *schemas.ContactFact) contactFact {
	v := contactFact{version: factVersion(f), final: f.Final, withdrawn: f.Withdrawn, startedAt: f.StartedAt}
	f.Revision, f.Final, f.ContactKey = 0, false, ""
	if f.SelfContained {
		v.whole = digest(f.Steps, f.DigitalAt, f.Language, f.Relation)
	}
	f.SelfContained, f.Steps, f.DigitalAt, f.Language, f.Relation = false, nil, 0, "", ""
	v.digest = digest(schemas.AppendFramed(nil, 0, f))
	return v
}

// differs says whether two generations say different things. One of a build that said less is compared by that.
func (f *contactFact) differs(o *contactFact) bool {
	return f.digest != o.digest || f.whole != o.whole && f.whole != 0 && o.whole != 0
}

// facts are what a generation says of its contacts, by id and key while they are read.
type facts map[string]contactFact

func (all facts) add(f *schemas.ContactFact, shared names) {
	id, key := shared.of(f.ContactID), shared.of(f.ContactKey)
	v := factOf(f)
	v.id, v.key = id, key
	name := shared.of(id + "\x00" + key)
	if old, ok := all[name]; !ok || v.version >= old.version {
		all[name] = v
	}
}

// named are the contacts that are in force, by a name that both generations give them: the id; of an id that
// was used again with the start; of a call without an id the key.
func (all facts) named() facts {
	times := map[string]int{}
	for _, v := range all {
		if !v.withdrawn {
			times[v.id]++
		}
	}
	out := facts{}
	for _, v := range all {
		switch {
		case v.withdrawn:
		case v.id == "":
			out[v.key] = v
		case times[v.id] > 1:
			out[fmt.Sprintf("%s at %d", v.id, v.startedAt)] = v
		default:
			out[v.id] = v
		}
	}
	return out
}
