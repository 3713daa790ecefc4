package roles

import (
	"testing"

	"github.com/attune-health/attune/internal/config"
	"github.com/attune-health/attune/schemas"
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
