package roles

import (
	"testing"

	"github.com/attune-health/attune/internal/config"
	"github.com/attune-health/attune/schemas"
	"github.com/attune-health/attune/sinks/desk"
)

// An EHR's number leads to the journey that INGEST began under another spelling of it.
func TestDeskFindsAPatientAsIngestDoes(t *testing.T) {
	c := config.Default()
	if shard, err := shardOf(&c); err != nil || shard != nil {
		t.Errorf("without a key it finds patients (%v)", err)
	}
	c.Run.IdentityKey = "sixteen-bytes-or-more"
	c.Graph.Identify.MRN.Prefixes = []string{"MRN"}
	shard, err := shardOf(&c)
	if err != nil {
		t.Fatal(err)
	}
	one, pseudonym := shard(schemas.IdentifierKindMrn, "MRN 00471199")
	other, _ := shard(schemas.IdentifierKindMrn, " mrn 00471199")
	member, _ := shard(schemas.IdentifierKindMember, "00471199")
	if one != other || one == member || len(one) != 32 || len(pseudonym) != 26 {
		t.Errorf("shards are %s, %s and %s, the pseudonym %s", one, other, member, pseudonym)
	}
}

func TestLinksWouldComeToNothingThenTheDeskDoesNotStart(t *testing.T) {
	shard := func(schemas.IdentifierKind, string) (string, string) { return "", "" }
	for name, c := range map[string]struct {
		cfg  desk.Config
		want bool
	}{
		"no links":    {desk.Config{}, true},
		"no key":      {desk.Config{LinksCalls: true, IdentifierOrder: []schemas.IdentifierKind{schemas.IdentifierKindContact}}, false},
		"no contacts": {desk.Config{LinksCalls: true, Shard: shard, IdentifierOrder: []schemas.IdentifierKind{schemas.IdentifierKindMrn}}, false},
		"both":        {desk.Config{LinksCalls: true, Shard: shard, IdentifierOrder: []schemas.IdentifierKind{schemas.IdentifierKindMrn, schemas.IdentifierKindContact}}, true},
	} {
		if err := mayLink(&c.cfg); (err == nil) != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}
