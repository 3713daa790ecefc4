package main

import (
	"bytes"
	"maps"
	"testing"

	"github.com/attune-health/attune/pipeline"
)

// changelog is a compacted changelog of one store.
type changelog map[string]string

func (c changelog) take(s pipeline.Store) {
	s.Changes(func(key, value []byte) {
		if value == nil {
			delete(c, string(key))
		} else {
			c[string(key)] = string(value)
		}
	})
}

func (c changelog) restore(t *testing.T, s pipeline.Store) {
	t.Helper()
	for key, value := range c {
		if err := s.Restore([]byte(key), []byte(value)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestPersonasRestoredGoOnAlike(t *testing.T) {
	s, log := newPersonas(), changelog{}
	random := newSplittable(5)
	step := func(s *personas, key uint64, at int64) {
		s.of(key).update(&touchpoint{at: at, channel: uint8(key+uint64(at)) % channels, reason: uint8(at) % reasons})
	}
	for i := range int64(50_000) {
		step(s, random.long()%7_000*golden, firstEvent+i)
		if i%9_000 == 0 {
			log.take(s)
		}
	}
	log.take(s)
	restored := newPersonas()
	log.restore(t, restored)
	if s.Len() < 6_000 || restored.Len() != s.Len() {
		t.Fatalf("%d personas, restored %d", s.Len(), restored.Len())
	}
	both := [2]changelog{{}, {}}
	for i, s := range []*personas{s, restored} {
		for k := range uint64(8_000) { // new ones among them
			step(s, k*golden, firstEvent+60_000)
		}
		both[i].take(s)
	}
	if len(both[0]) != 8_000 || !maps.Equal(both[0], both[1]) {
		t.Errorf("%d and %d personas, or their values, differ", len(both[0]), len(both[1]))
	}
}

func TestWindowsRestoredAreThoseThatWereOpen(t *testing.T) {
	var s windows
	log := changelog{}
	for start := range int64(5) {
		w := s.add(start * windowLength)
		for range start + 1 {
			w.count(&touchpoint{channel: uint8(start) % channels, reason: 3})
		}
		log.take(&s)
	}
	s.remove(s.find(windowLength))
	s.remove(s.find(3 * windowLength))
	s.find(4 * windowLength).count(&touchpoint{})
	log.take(&s)
	var restored windows
	log.restore(t, &restored)
	if restored.Len() != 3 {
		t.Fatalf("%d windows are open, want 3", restored.Len())
	}
	for _, w := range s.open {
		if r := restored.find(w.start); r == nil || r.counts != w.counts {
			t.Errorf("window %d: got %v", w.start, r)
		}
	}
}

func FuzzRestore(f *testing.F) {
	key := make([]byte, 8)
	for _, s := range []pipeline.Store{newPersonas(), &windows{}} {
		switch s := s.(type) {
		case *personas:
			s.of(1).update(&touchpoint{at: firstEvent})
		case *windows:
			s.add(firstEvent).count(&touchpoint{})
		}
		s.Changes(func(k, v []byte) { f.Add(bytes.Clone(k), bytes.Clone(v)) })
	}
	f.Add(key, []byte{windowsVersion, 0x80})
	f.Add(key, []byte(nil))
	f.Fuzz(func(t *testing.T, key, value []byte) {
		p := newPersonas()
		if p.Restore(key, value) == nil {
			p.of(0).update(&touchpoint{at: 1})
		}
		var w windows
		if err := w.Restore(key, value); err == nil && w.Len() > 0 {
			w.open[0].count(&touchpoint{})
		}
		var c consumer
		if (consumerCodec{}).DecodeValue(value, &c) == nil && !bytes.Equal(consumerCodec{}.AppendValue(nil, &c), value) {
			t.Error("a consumer is not what was decoded")
		}
		if touch, ok := parseTouchpoint(value); ok && (touch.channel >= channels || touch.reason >= reasons) {
			t.Errorf("channel %d, reason %d", touch.channel, touch.reason)
		}
	})
}
