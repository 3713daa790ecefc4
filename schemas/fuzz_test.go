package schemas

import (
	"bytes"
	"testing"

	"github.com/linkedin/goavro/v2"
)

// fuzzCodec checks one generated codec against goavro, on any bytes: what ours accepts goavro accepts with equal value,
// and what goavro accepts and writes again as it was, ours accepts and writes likewise.
func fuzzCodec(f *testing.F, schema string, newRecord func() Record) {
	oracle, err := goavro.NewCodec(schema)
	if err != nil {
		f.Fatal(err)
	}
	goavro.MaxBlockCount = 1 << 16 // it allocates for whatever count it is told
	for _, seed := range seeds(f, schema) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		compareWithOracle(t, oracle, newRecord, src)
	})
}

func compareWithOracle(t *testing.T, oracle *goavro.Codec, newRecord func() Record, src []byte) {
	t.Helper()
	got := newRecord()
	rest, err := got.DecodeAvro(src)
	if err != nil {
		checkRefusal(t, oracle, src, err)
		return
	}
	native, theirRest, theirErr := oracle.NativeFromBinary(src)
	if theirErr != nil {
		t.Fatalf("ours accepts what goavro refuses: %v", theirErr)
	}
	if len(rest) != len(theirRest) {
		t.Fatalf("ours leaves %d bytes, goavro %d", len(rest), len(theirRest))
	}
	ours := got.AppendAvro(nil)
	theirs, err := oracle.BinaryFromNative(nil, native)
	if err != nil {
		t.Fatalf("goavro cannot write what it read: %v", err)
	}
	if !bytes.Equal(ours, theirs) {
		t.Fatalf("values differ:\nours   %x\ngoavro %x", ours, theirs)
	}
}

// checkRefusal fails where ours refuses what goavro reads and writes again byte for byte.
func checkRefusal(t *testing.T, oracle *goavro.Codec, src []byte, ours error) {
	t.Helper()
	native, rest, err := oracle.NativeFromBinary(src)
	if err != nil {
		return
	}
	again, err := oracle.BinaryFromNative(nil, native)
	if err == nil && bytes.Equal(again, src[:len(src)-len(rest)]) {
		t.Fatalf("ours refuses what goavro reads and writes alike: %v", ours)
	}
}
