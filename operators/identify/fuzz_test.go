package identify

import (
	"bytes"
	"testing"
)

// FuzzShardName: what passes as the name of a shard is one.
func FuzzShardName(f *testing.F) {
	f.Add(string(AppendShard(nil, fingerprint{1, 2, 255})))
	f.Add("0123456789ABCDEF0123456789ABCDEF")
	f.Fuzz(func(t *testing.T, s string) {
		if shard, ok := parseShard(s); ok && !bytes.EqualFold(AppendShard(nil, shard), []byte(s)) {
			t.Errorf("%q is read as %x", s, shard)
		}
	})
}
