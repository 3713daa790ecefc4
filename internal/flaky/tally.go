package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
)

// counts is how often a test passed, was skipped, or neither.
type counts struct{ pass, skip, bad int }

// tally adds up runs.
type tally map[test]*counts

func newTally() tally { return tally{} }

func (a tally) of(t test) *counts {
	if a[t] == nil {
		a[t] = new(counts)
	}
	return a[t]
}

func (a tally) add(r result) {
	for t, action := range r {
		switch action {
		case "pass":
			a.of(t).pass++
		case "skip":
			a.of(t).skip++
		}
	}
	for _, t := range r.bad() {
		a.of(t).bad++
	}
}

// report lists what did not pass every time, worst first, and returns an error if there is anything. A test that
// was skipped in every run does not count: what it needs is not on this machine.
func (a tally) report(w io.Writer, done, wanted int) error {
	var flaky []test
	skipped := 0
	for t, c := range a {
		switch {
		case c.bad > 0 || c.skip > 0 && c.pass > 0:
			flaky = append(flaky, t)
		case c.skip > 0 && t.name != "":
			skipped++
		}
	}
	slices.SortFunc(flaky, func(x, y test) int {
		return cmp.Or(cmp.Compare(a[y].bad, a[x].bad), cmp.Compare(x.pkg, y.pkg), cmp.Compare(x.name, y.name))
	})
	for _, t := range flaky {
		fmt.Fprintf(w, "failed %d, skipped %d of %d: %v\n", a[t].bad, a[t].skip, done, t)
	}
	fmt.Fprintf(w, "flaky: %d tests in %d runs; %d did not pass every time, %d were skipped\n", a.tests(), done, len(flaky), skipped)
	switch {
	case len(flaky) > 0:
		return errors.New("not every test passed every time")
	case done < wanted || a.tests() == 0:
		return fmt.Errorf("%d of %d runs were done", done, wanted)
	}
	return nil
}

func (a tally) tests() (n int) {
	for t := range maps.Keys(a) {
		if t.name != "" {
			n++
		}
	}
	return n
}
