package main

import "testing"

func TestShuffleStoppedAndRestoredGivesEveryConsumerItsOutputs(t *testing.T) {
	cluster := startBroker(t)
	topics := shuffleTopics{Input: shuffleInput, Matched: "matched", Output: "output", Changelog: "changelog"}
	if err := createTopics(t.Context(), cluster, appendTime, topics.Input); err != nil {
		t.Fatal(err)
	}
	if err := topics.create(t.Context(), cluster); err != nil {
		t.Fatal(err)
	}
	m := newMatcher(500)
	want, err := loadShuffle(t.Context(), cluster, topics.Input, 20_000, m)
	if err != nil {
		t.Fatal(err)
	}
	runUntil(t, cluster, topics.topology(m), "a", 20)
	runUntil(t, cluster, topics.topology(m), "b", 20)
	some, _ := checkShuffle(t.Context(), cluster, topics.Output, want) // not all are there yet
	runUntil(t, cluster, topics.topology(m), "c", 0)
	outputs, err := checkShuffle(t.Context(), cluster, topics.Output, want)
	if err != nil {
		t.Error(err)
	}
	if some == 0 || some == outputs {
		t.Errorf("%d of %d outputs when the job was stopped: want some, not all", some, outputs)
	}
	if share := float64(outputs) / 20_000; share < 0.01 || share > 0.03 {
		t.Errorf("%v outputs a record, want about %v", share, selectivity/outputEvery)
	}
}
