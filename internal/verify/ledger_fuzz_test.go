package verify

import (
	"bytes"
	"testing"
)

// FuzzLedgerLoad: a ledger of any text is refused, or can be saved and loaded again.
func FuzzLedgerLoad(f *testing.F) {
	var empty bytes.Buffer
	if err := (&Ledger{}).Save(&empty); err != nil {
		f.Fatal(err)
	}
	f.Add(empty.Bytes())
	f.Add([]byte(`{"touchpoints":[{"id":"e","variants":[{"call":"AAAA"}]}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var l, again Ledger
		if l.Load(bytes.NewReader(b)) != nil {
			return
		}
		var text bytes.Buffer
		if err := l.Save(&text); err != nil {
			t.Fatal(err)
		}
		if err := again.Load(&text); err != nil {
			t.Error(err)
		}
	})
}
