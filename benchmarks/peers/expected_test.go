package main

import (
	"bytes"
	"encoding/binary"
	"math"
	"strings"
	"testing"
)

// written is what a faultless engine writes for the expected's touchpoints.
func written(records int) (*expected, [][2][]byte) {
	w, e := newWorkload(3), newExpected(1)
	var actions [][2][]byte
	p := map[string]*persona{}
	for range records {
		w.next(0)
		e.add(w.key[:], w.value[:])
		k := string(w.key[:])
		if p[k] == nil {
			p[k] = &persona{screens: [2]int64{never, never}}
		}
		if t, _ := parseTouchpoint(w.value[:]); p[k].update(&t) {
			var a [actionSize]byte
			p[k].action(&a, &t)
			actions = append(actions, [2][]byte{[]byte(k), a[:]})
		}
	}
	e.finish()
	e.aggregates = tally{}
	return e, actions
}

func TestOutcomeTellsTheSmallestDifference(t *testing.T) {
	want, faultless := written(30_000)
	if len(faultless) < 10 {
		t.Fatalf("%d actions", len(faultless))
	}
	activity := func(by float64) func(a *[][2][]byte) {
		return func(a *[][2][]byte) {
			v := (*a)[3][1]
			old := math.Float64frombits(binary.BigEndian.Uint64(v[56:]))
			binary.BigEndian.PutUint64(v[56:], math.Float64bits(old+by))
		}
	}
	for _, c := range []struct {
		name, says string
		spoil      func(a *[][2][]byte)
	}{
		{"equal", "", func(*[][2][]byte) {}},
		{"another order", "", func(a *[][2][]byte) { (*a)[0], (*a)[5] = (*a)[5], (*a)[0] }},
		{"last digits of an activity", "", activity(1e-12)},
		{"an activity", "activity", activity(1e-7)},
		{"no number", "activity", activity(math.NaN())},
		{"one lost", "actions", func(a *[][2][]byte) { *a = (*a)[1:] }},
		{"one twice", "actions", func(a *[][2][]byte) { *a = append(*a, (*a)[2]) }},
		{"one in place of another", "actions", func(a *[][2][]byte) { (*a)[1] = (*a)[2] }},
		{"a count", "actions", func(a *[][2][]byte) { (*a)[4][1][31]++ }},
		{"a reason", "actions", func(a *[][2][]byte) { (*a)[4][1][90]++ }},
		{"a key", "actions", func(a *[][2][]byte) { (*a)[4][0] = (*a)[5][0] }},
		{"an unknown session", "strange", func(a *[][2][]byte) { (*a)[4][1][20]++ }},
		{"another size", "strange", func(a *[][2][]byte) { (*a)[4][1] = (*a)[4][1][:99] }},
	} {
		var actions [][2][]byte
		for _, a := range faultless {
			actions = append(actions, [2][]byte{bytes.Clone(a[0]), bytes.Clone(a[1])})
		}
		c.spoil(&actions)
		var o outcome
		for _, a := range actions {
			o.action(want, a[0], a[1])
		}
		err := o.check(want)
		switch {
		case c.says == "" && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)):
			t.Errorf("%s: got %v, want something about %s", c.name, err, c.says)
		}
	}
}
