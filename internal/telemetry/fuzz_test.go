package telemetry

import "testing"

// FuzzTraceParent: what sources write there goes on to other topics only where it is a context of
// version 00 to the letter.
func FuzzTraceParent(f *testing.F) {
	f.Add([]byte("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"))
	f.Add([]byte("00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-00"))
	f.Add([]byte("00-00000000000000000000000000000000-00f067aa0ba902b7-01"))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, ok := parseTraceParent(b)
		if !ok {
			return
		}
		if got := string(appendTraceParent(nil, c)); got != string(b) || !c.IsValid() {
			t.Errorf("%q becomes %q", b, got)
		}
	})
}
