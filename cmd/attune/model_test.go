package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/attune-health/attune/internal/exit"
	"github.com/attune-health/attune/operators/evidence"
	"github.com/attune-health/attune/operators/predict"
	"github.com/attune-health/attune/operators/predict/softmax"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// TestVersionIsPinnedAndLetGoWhileTheJobRuns: predictions follow what is asked for, from the next record on, and
// what cannot be used is refused before anybody predicts with it.
func TestVersionIsPinnedAndLetGoWhileTheJobRuns(t *testing.T) {
	t.Parallel()
	p := newPlant(t, "telemetry: {listen: '127.0.0.1:0'}\n")
	space, err := evidence.NewGroupSpace(schemas.DefaultTaxonomy())
	if err != nil {
		t.Fatal(err)
	}
	publish := func(version, taxonomy string) {
		v := predict.Publish(softmax.Family{FromNothing: true}.Learner(space, predict.Learning{}), space)
		v.Version, v.TaxonomyVersion = version, taxonomy
		for _, key := range []string{version, "current"} {
			p.send(schemas.TopicModels, 0, []byte("contact-reason/"+key), p.framed(schemas.TopicModels, &v))
		}
	}
	publish("v1", space.Taxonomy.Version)
	publish("v2", "another-1")
	publish("v3", space.Taxonomy.Version)
	runs := start(t, "run", "--config", p.config)
	runs.ready(t)
	model := func(args ...string) string {
		t.Helper()
		return must(t, append(append([]string{"model"}, args...), "--config", p.config)...)
	}
	says := func(text string, words ...string) {
		t.Helper()
		for _, w := range words {
			if !strings.Contains(strings.Join(strings.Fields(text), " "), w) {
				t.Errorf("no %q in:\n%s", w, text)
			}
		}
	}
	touches := 0
	predicts := func(version string) {
		t.Helper()
		await(t, 30*time.Second, "predictions are made with "+version, func() bool {
			touches++
			id := fmt.Sprintf("m%d", touches)
			p.send(schemas.TopicTouchpointsWeb, 0, nil, p.framed(schemas.TopicTouchpointsWeb, step(id)))
			p.quiet("attune")
			found := ""
			p.each(schemas.TopicPredictions, func(r *pipeline.Record) {
				if v := decoded[schemas.Prediction](t, r.Value); v.TriggerID == "test/"+id {
					found = v.ModelVersion
				}
			})
			return found == version
		})
	}
	predicts("v3")
	says(model("list"), "v2 - 0 0.200 another-1 not for this configuration", "v3 - 0 0.200 health-1 in force")
	says(model("pin", "v1"), "v1 is held in force, in place of v3")
	predicts("v1")
	publish("v4", space.Taxonomy.Version)
	says(model("list"), "v1 - 0 0.200 health-1 in force, pinned", "v4 - 0 0.200 health-1 latest")
	predicts("v1")
	says(model("pin", "latest"), "v1 is let go; v4 is in force")
	predicts("v4")
	says(model("rollback"), "v3 is held in force, in place of v4")
	predicts("v3")
	says(model("show", "v3"), "version v3 in force, pinned", "R03 0.1", "visit/now 1.200")
	says(model("compare", "v3", "v4"), "labels 0 0 +0", "R03 0.1", "visit/now 1.200 1.200 +0.000")
	p.send(schemas.TopicModels, 0, []byte(predict.DriftKey), p.framed(schemas.TopicModels, &schemas.Model{Name: "drift", Reasons: []string{"reason/R03"}, ClassWeight: []float64{.25}}))
	says(model("list"), "reason/R03 0.250")
	p.send(schemas.TopicModels, 0, []byte(predict.ContestKey+"2"), p.framed(schemas.TopicModels, &schemas.Model{Name: "contest", Version: "v9", ClassWeight: []float64{1.75, 1.5, 3, 1}}))
	says(model("compare"), "2 1970-01-01 00:00:00 1.7500 1.5000 3 promoted, from v9 on")
	says(model("rollback"), "v1 is held in force, in place of v3")
	says(model("list", "--json"), `"version":"v1","state":"in force, pinned"`)
	for _, bad := range [][]string{{"pin", "v2"}, {"pin", "v99"}, {"rollback"}, {"show", "v99"}} {
		if s := try(t, append(append([]string{"model"}, bad...), "--config", p.config)...); s.code != exit.CodeFailed {
			t.Errorf("%v: exit code %d, %s%s", bad, s.code, s.stdout, s.stderr)
		}
	}
	runs.stop(t)
}
