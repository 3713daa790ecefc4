package pipeline

import (
	"bytes"
	"testing"
)

// FuzzTimer: timers of any bytes are refused as corrupt, or written again as the same ones.
func FuzzTimer(f *testing.F) {
	whole := timer{Timer: Timer{At: -7, Kind: 3, Key: "key", Channels: 5}}
	f.Add(appendTimerKey(nil, &whole), appendTimerValue(nil, &whole))
	f.Add([]byte{1}, []byte{timerVersion + 1, 0, 0})
	f.Fuzz(func(t *testing.T, key, value []byte) {
		got, err := decodeTimer(key, value)
		if err != nil {
			wantCorrupt(t, err)
			return
		}
		if !bytes.Equal(appendTimerKey(nil, &timer{Timer: got}), key) {
			t.Errorf("key %x is written as that of %v", key, got)
		}
		if value == nil {
			return
		}
		again, err := decodeTimer(key, appendTimerValue(nil, &timer{Timer: got}))
		if err != nil || again != got {
			t.Errorf("%v, then %v, %v", got, again, err)
		}
	})
}

// FuzzStateSchemaKey: the place of a schema in the changelog.
func FuzzStateSchemaKey(f *testing.F) {
	f.Add(appendSchemaKey(nil, "shards", 1))
	f.Add(appendSchemaKey(nil, "", 1<<31))
	f.Add([]byte("shards\x00\x80"))
	f.Fuzz(func(t *testing.T, key []byte) {
		store, number, err := parseSchemaKey(key)
		if err != nil {
			return
		}
		again, n, err := parseSchemaKey(appendSchemaKey(nil, string(store), number))
		if err != nil || !bytes.Equal(again, store) || n != number || number == 0 {
			t.Errorf("%x: %q %d, then %q %d, %v", key, store, number, again, n, err)
		}
	})
}
