package identify

import (
	"testing"

	"github.com/attune-health/attune/schemas"
)

func BenchmarkPseudonym(b *testing.B) {
	keys := NewPseudonyms(testConfig())
	b.ReportAllocs()
	for b.Loop() {
		keys.Of(schemas.IdentifierKindCookie, "9f86d081884c7d659a2feaa0c55ad015")
	}
}

func BenchmarkIdentityTableFind(b *testing.B) {
	table := NewIdentityTable()
	fillSynthetic(table, 1_000_000)
	b.ReportAllocs()
	shards := make([]fingerprint, 1<<16)
	for i := range shards {
		shards[i] = syntheticShard(uint64(i) * 31 % 2_000_000) // every second is unknown
	}
	i := 0
	for b.Loop() {
		table.Find(&shards[i&(1<<16-1)])
		i++
	}
}
