package main

import (
	"testing"
	"time"
)

func TestLastLineCountsEverything(t *testing.T) {
	r := newReport(&options{duration: time.Minute})
	if r.right() {
		t.Error("nothing was verified, and all is right")
	}
	for i, kind := range []string{"kill run", "kill broker", "kill run"} {
		r.suffered(0, fault{kind: kind}, time.Duration(i)*time.Second, true)
	}
	r.connection(fault{kind: "delay"})
	r.verified = 100
	if processes, brokers, connections, _ := r.faults(); processes != 3 || brokers != 1 || connections != 1 {
		t.Errorf("%d faults of processes, %d of brokers, %d of connections; want 3, 1, 1", processes, brokers, connections)
	}
	if got, want := r.line(), "chaos: faults=4 verified=100 lost=0 duplicated=0 wrong=0"; got != want || !r.right() {
		t.Errorf("last line is %q, right %v; want %q", got, r.right(), want)
	}
	for _, c := range []struct {
		lost, duplicated, wrong int
		want                    string
	}{
		{1, 0, 0, "chaos: faults=4 verified=100 lost=1 duplicated=0 wrong=0"},
		{-1, 1, 0, "chaos: faults=4 verified=100 lost=0 duplicated=1 wrong=0"},
		{0, -1, 1, "chaos: faults=4 verified=100 lost=0 duplicated=0 wrong=1"},
	} {
		r.add(c.lost, c.duplicated, c.wrong, "something")
		if got := r.line(); got != c.want || r.right() {
			t.Errorf("last line is %q, right %v; want %q, not right", got, r.right(), c.want)
		}
	}
}
