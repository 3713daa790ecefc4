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

// worlds are those that the weights are of: the tables as they are, which count for half, and sites that nobody is
// judged at.
var worlds = []world.Config{
	{Site: 0, Seed: 9001, Patients: 60_000, Duration: days},
	{Site: 901, Seed: 9002, Patients: 20_000, Duration: days},
	{Site: 902, Seed: 9003, Patients: 20_000, Duration: days},
}

// days is how long each world lives after its history.
const days = 21 * 24 * time.Hour

func main() {
	out := flag.String("o", "schemas/taxonomies/health-1.weights", "file to write")
	few := flag.Int("few", 1, "make do with one patient in so many, to try it")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *out, *few); err != nil {
		fmt.Fprintln(os.Stderr, "priors:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out string, few int) error {
	var all [][]schemas.TrainingExample
	for _, w := range worlds {
		w.Patients /= max(1, few)
		list, err := live(ctx, w)
		if err != nil {
			return err
		}
		fmt.Fprintf(os.Stderr, "site %d, seed %d: %d contacts\n", w.Site, w.Seed, len(list))
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
			kept := schemas.TrainingExample{Reason: string([]byte(x.Reason)), Features: slices.Clone(x.Features), ExposureBand: -1, LabelledAt: x.LabelledAt, ContactAfterMs: -1}
			list = append(list, kept)
		}
	}}
	_, err = e.Evaluate(ctx)
	return list, err
}

// learn learns from all worlds side by side: one after the other, the last would count most.
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
	longest := 0
	for _, list := range all {
		longest = max(longest, len(list))
	}
	for i := range longest {
		for _, list := range all {
			// Each at its own pace, so that all end together.
			for at := i * len(list) / longest; at < (i+1)*len(list)/longest; at++ {
				if err := l.Learn(&list[at]); err != nil {
					return nil, err
				}
			}
		}
	}
	return softmax.Ship(l, labels)
}
