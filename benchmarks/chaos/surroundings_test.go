package main

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

func TestFrontAnswersInTheRegistrysPlaceUntilItIsOver(t *testing.T) {
	registry := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "of the registry") }))
	defer registry.Close()
	f, err := newRegistryFront(t.Context(), registry.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.server.Close() }()
	ask := func() (int, string) {
		answer, err := http.Get(f.url)
		if err != nil {
			return 0, ""
		}
		defer func() { _ = answer.Body.Close() }()
		text, _ := io.ReadAll(answer.Body)
		return answer.StatusCode, string(text)
	}
	want := map[string]int{"is down (503)": 503, "is an HTML page": 404, "asks for a login (401)": 401, "says OK and nothing else": 200, "hangs up": 0}
	for _, a := range registryAnswers {
		f.answers(a.how)
		if code, text := ask(); code != want[a.name] || text == "of the registry" {
			t.Errorf("%s: %d %q", a.name, code, text)
		}
	}
	f.answers(nil)
	if code, text := ask(); code != 200 || text != "of the registry" {
		t.Errorf("after it: %d %q", code, text)
	}
}

// records are a log of one topic.
type records []pipeline.Record

// Each implements verify.Log.
func (l records) Each(_ context.Context, topic string, fn func(*pipeline.Record) error) error {
	for i := range l {
		if l[i].Topic != topic {
			continue
		}
		if err := fn(&l[i]); err != nil {
			return err
		}
	}
	return nil
}

func TestReadablePassesOverWhatCannotBeReadAndWhatBecameOfIt(t *testing.T) {
	rejected := func(reason string, offset int64) pipeline.Record {
		return pipeline.Record{Topic: schemas.TopicTouchpointsRejected, Value: schemas.AppendFramed(nil, 7, &schemas.RejectedRecord{Reason: reason, Topic: "touchpoints.app", Offset: offset})}
	}
	poison := position{"touchpoints.app", 0, 1}
	var aside []position
	l := readable{Log: records{{Topic: "touchpoints.app", Offset: 0}, {Topic: "touchpoints.app", Offset: 1}, {Topic: "touchpoints.app", Offset: 2},
		rejected("late", 0), rejected(pipeline.ReasonUnreadable, 1)}, poison: map[position]bool{poison: true}, aside: func(p position) { aside = append(aside, p) }}
	got := map[string]int{}
	for _, topic := range []string{"touchpoints.app", schemas.TopicTouchpointsRejected} {
		if err := l.Each(t.Context(), topic, func(r *pipeline.Record) error { got[r.Topic]++; return nil }); err != nil {
			t.Fatal(err)
		}
	}
	if got["touchpoints.app"] != 2 || got[schemas.TopicTouchpointsRejected] != 1 || len(aside) != 1 || aside[0] != poison {
		t.Errorf("passed on %v, set aside %v", got, aside)
	}
}
