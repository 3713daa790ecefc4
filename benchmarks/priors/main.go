package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"time"

	"github.com/attune-health/attune/benchmarks/world"
	"github.com/attune-health/attune/internal/evaluate"
	"github.com/attune-health/attune/operators/predict"
	"github.com/attune-health/attune/operators/predict/softmax"
	"github.com/attune-health/attune/schemas"
)

// labels is how much the weights are worth: as much as so many contacts of the site's own.
const labels = 2000

// worlds are those that the weights are of: the tables as they are, and sites that nobody is judged at.
var worlds = []struct{ site, seed int64 }{{0, 9001}, {901, 9002}, {902, 9003}, {903, 9004}, {904, 9005}, {905, 9006}}

func main() {
	out := flag.String("o", "schemas/taxonomies/health-1.weights", "file to write")
	patients := flag.Int("patients", 60_000, "patients of each world")
	days := flag.Int("days", 24, "days that each world lives after its history")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *out, *patients, *days); err != nil {
		fmt.Fprintln(os.Stderr, "priors:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out string, patients, days int) error {
	var all [][]schemas.TrainingExample
	for _, w := range worlds {
		list, err := live(ctx, world.Config{Site: w.site, Seed: w.seed, Patients: patients, Duration: time.Duration(days) * 24 * time.Hour})
		if err != nil {
			return err
		}
		fmt.Fprintf(os.Stderr, "site %d, seed %d: %d contacts\n", w.site, w.seed, len(list))
		all = append(all, list)
	}
	b, err := learn(all)
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "%d bytes\n", len(b))
	return os.WriteFile(out, b, 0o644)
}

// live takes a world through the product, and returns what it learned from.
func live(ctx context.Context, c world.Config) (list []schemas.TrainingExample, err error) {
	g, err := world.New(c)
	if err != nil {
		return nil, err
	}
	e := evaluate.Evaluation{Source: &lived{generator: g}, Models: []string{evaluate.FromNothing}, Learned: func(x *schemas.TrainingExample) {
		if x.ExposureBand < 0 {
			kept := schemas.TrainingExample{Reason: string([]byte(x.Reason)), Features: slices.Clone(x.Features), ExposureBand: x.ExposureBand, LabelledAt: x.LabelledAt, TaxonomyVersion: "", ContactAfterMs: -1}
			list = append(list, kept)
		}
	}}
	_, err = e.Evaluate(ctx)
	return list, err
}

// learn learns from all worlds, a contact of each in turn: one after the other, the last would count most.
func learn(all [][]schemas.TrainingExample) ([]byte, error) {
	t, err := schemas.LoadTaxonomy("health")
	if err != nil {
		return nil, err
	}
	f := softmax.Family{FromNothing: true}
	space, err := f.Space(t)
	if err != nil {
		return nil, err
	}
	l := f.Learner(space, predict.Learning{})
	for i := 0; ; i++ {
		some := false
		for _, list := range all {
			if i >= len(list) {
				continue
			}
			some = true
			if err := l.Learn(&list[i]); err != nil {
				return nil, err
			}
		}
		if !some {
			return softmax.Ship(l, labels)
		}
	}
}
