package journeys

import (
	"bytes"
	"encoding/json"
	"testing"
)

// FuzzReadLedger: any text is refused, or holds entries that can be written and read again.
func FuzzReadLedger(f *testing.F) {
	f.Add([]byte(`{"id":"e1","topic":"t","kind":"touchpoint","at":1,"occurred":2}` + "\n" + `{"id":"e2","p":0.5}`))
	f.Add([]byte(`{"id":"e1","unknown":1}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var read []Entry
		if ReadLedger(bytes.NewReader(b), func(e Entry) error { read = append(read, e); return nil }) != nil {
			return
		}
		var again bytes.Buffer
		for i := range read {
			if err := json.NewEncoder(&again).Encode(&read[i]); err != nil {
				t.Fatal(err)
			}
		}
		n := 0
		err := ReadLedger(&again, func(e Entry) error {
			if e != read[n] {
				t.Errorf("entry %d: %+v, then %+v", n, read[n], e)
			}
			n++
			return nil
		})
		if err != nil || n != len(read) {
			t.Errorf("%d of %d entries, %v", n, len(read), err)
		}
	})
}
