package pipeline

import (
	"fmt"
	"testing"
)

// The vectors are those of Kafka's own UtilsTest.testMurmur2.
func TestMurmur2HashesAsJavaDoes(t *testing.T) {
	for key, want := range map[string]int32{
		"21":                         -973932308,
		"foobar":                     -790332482,
		"a-little-bit-long-string":   -985981536,
		"a-little-bit-longer-string": -1486304829,
		"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
		"abc": 479470107,
	} {
		if got := int32(murmur2([]byte(key))); got != want {
			t.Errorf("murmur2(%q) = %d, want %d", key, got, want)
		}
	}
}

func TestPartitionIsPositiveAndSpreads(t *testing.T) {
	const n = 24
	var counts [n]int
	for i := range 24000 {
		counts[Partition(fmt.Appendf(nil, "person-%d", i), n)]++
	}
	for p, c := range counts {
		if c < 800 || c > 1200 {
			t.Errorf("partition %d has %d of 24000 keys", p, c)
		}
	}
	// -973932308 & 0x7fffffff = 1173551340
	if got := Partition([]byte("21"), 7); got != 1173551340%7 {
		t.Errorf("partition of a key with a negative hash is %d", got)
	}
}
