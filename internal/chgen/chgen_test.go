package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/attune-health/attune/internal/avrogen"
)

func load(t *testing.T) *avrogen.Model {
	t.Helper()
	model, err := avrogen.Load("../../schemas")
	if err != nil {
		t.Fatal(err)
	}
	return model
}

func TestGeneratedFilesAreUpToDate(t *testing.T) {
	if err := run("../../schemas", "../../sinks/clickhouse", true); err != nil {
		t.Error(err)
	}
}

// plainValues are columns that are called like an identifier and hold none: a language, a relation, a
// reason code.
var plainValues = []string{"actions.duties.value", "actions.facts.value"}

func TestNoTaggedIdentifierBecomesAColumn(t *testing.T) {
	model := load(t)
	tagged := map[string]bool{}
	for _, record := range model.Types {
		for _, f := range record.Fields {
			if f.Tag == "identifier" {
				tagged[f.Name] = true
			}
		}
	}
	if !tagged["agent"] || !tagged["session_id"] {
		t.Fatal("the schemas have lost their tags: this test means nothing")
	}
	for _, spec := range tableSpecs() {
		table, err := resolve(model, spec)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range table.columns {
			if slices.Contains(plainValues, spec.name+"."+c.name) {
				continue
			}
			for name := range tagged {
				if c.name == name || strings.HasSuffix(c.name, "."+name) || strings.HasSuffix(c.name, "_"+name) {
					t.Errorf("%s.%s is an identifier", spec.name, c.name)
				}
			}
		}
	}
}

func TestSpecsThatDoNotFitTheSchemasAreRefused(t *testing.T) {
	model := load(t)
	for _, c := range []struct {
		change func(*tableSpec)
		want   string
	}{
		{func(s *tableSpec) { s.parts[0].record = "Nobody" }, "there is no record Nobody"},
		{func(s *tableSpec) { s.parts[0].leftOut = map[string]string{"gone": "why"} }, "left-out field gone of ActionOutcome does not exist"},
		{func(s *tableSpec) { s.parts[0].rename = map[string]string{"gone": "x"} }, "renamed field gone of ActionOutcome does not exist"},
		{func(s *tableSpec) { s.parts[0].rename = map[string]string{"reason": "action"} }, "two columns action"},
		{func(s *tableSpec) { s.orderBy = []string{"nothing"} }, "there is no column nothing"},
		{func(s *tableSpec) { s.orderBy = []string{"event_id"} }, "the partition must be a function of the sorting key"},
		{func(s *tableSpec) { s.parts = append(s.parts, part{record: "Touchpoint", union: "gone", from: "r"}) }, "Touchpoint has no union gone"},
		{func(s *tableSpec) { s.parts = append(s.parts, part{record: "NextBestAction", from: "r"}) }, "field NextBestAction.action has no column type"},
	} {
		spec := outcomes()
		c.change(&spec)
		if _, err := resolve(model, spec); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("want %q, got %v", c.want, err)
		}
	}
}

func TestDocsOfBranchesAreSaidOnceWhereTheyAreEqual(t *testing.T) {
	if got := joinDocs([]string{"web: What.", "app: What."}); got != "What." {
		t.Error(got)
	}
	if got := joinDocs([]string{"web: A.", "app: B."}); got != "web: A. app: B." {
		t.Error(got)
	}
}
