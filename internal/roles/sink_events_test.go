package roles

import (
	"errors"
	"testing"
	"time"
)

// TestInsertsFailForAWhileThenItIsSaidOnceAndNotReady fails inserts for a while, lets one through, and fails again.
func TestInsertsFailForAWhileThenItIsSaidOnceAndNotReady(t *testing.T) {
	f, refused := &failing{}, errors.New("not let in")
	begun := time.Now().Add(-time.Minute)
	told := 0
	for after := range 20 {
		if f.failed(refused, begun.Add(time.Duration(after)*time.Second)) {
			if told++; after != 10 {
				t.Errorf("told after %d s, want 10", after)
			}
		}
	}
	if told != 1 {
		t.Errorf("told %d times", told)
	}
	if err := f.check(); !errors.Is(err, refused) {
		t.Errorf("ready says %v", err)
	}
	f.succeeded()
	if err := f.check(); err != nil {
		t.Errorf("ready says %v after a success", err)
	}
	if f.failed(refused, time.Now()) || f.check() != nil {
		t.Error("one failure is taken for a lasting one")
	}
}
