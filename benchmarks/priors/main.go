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

const (
	// labels is how much the weights of reasons are worth: as much as so many contacts of the site's own.
	labels = 2000
	// told is how much the hazards are worth: as much as so many intervals after moments of the site's own.
	told = 20_000
	// momentsIn is in how many moments one is learned from. A site takes fewer, which costs it less.
	momentsIn = 2
	// rounds is how often hazards see every moment.
	rounds = 2
)

// worlds are those that the weights are of: the tables as they are, which count for a third, and sites that nobody is
// judged at.
var worlds = []world.Config{
	{Site: 0, Seed: 9001, Patients: 80_000, Duration: days},
	{Site: 901, Seed: 9002, Patients: 20_000, Duration: days},
	{Site: 902, Seed: 9003, Patients: 20_000, Duration: days},
	{Site: 903, Seed: 9004, Patients: 20_000, Duration: days},
	{Site: 904, Seed: 9005, Patients: 20_000, Duration: days},
	{Site: 905, Seed: 9006, Patients: 20_000, Duration: days},
	{Site: 906, Seed: 9007, Patients: 20_000, Duration: days},
	{Site: 907, Seed: 9008, Patients: 20_000, Duration: days},
	{Site: 908, Seed: 9009, Patients: 20_000, Duration: days},
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
	var all [][]lesson
	for _, w := range worlds {
		w.Patients /= max(1, few)
		list, err := live(ctx, w)
		if err != nil {
			return err
		}
		contacts := 0
		for i := range list {
			if list[i].interval < 0 {
				contacts++
			}
		}
		fmt.Fprintf(os.Stderr, "site %d, seed %d: %d contacts, %d told intervals\n", w.Site, w.Seed, contacts, len(list)-contacts)
		all = append(all, list)
	}
	b, err := learn(all)
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "%d bytes\n", len(b))
	return os.WriteFile(out, b, 0o644)
}

// lesson is what is learned of an example: there are millions of them.
type lesson struct {
	// reason of a contact, empty for a moment, whose interval is then set and not -1.
	reason   string
	features []int32
	interval int32
	came     bool
}

// live takes a world through the product, and returns what it learned from.
func live(ctx context.Context, c world.Config) (list []lesson, err error) {
	g, err := world.New(c)
	if err != nil {
		return nil, err
	}
	t, err := schemas.LoadTaxonomy("health")
	if err != nil {
		return nil, err
	}
	e := evaluate.Evaluation{Source: &lived{generator: g}, Models: []string{evaluate.FromNothing}, MomentsIn: momentsIn, Learned: func(x *schemas.TrainingExample) {
		l := lesson{features: slices.Clone(x.Features), interval: x.Interval, came: x.ContactAfterMs >= 0}
		if r := t.Index(x.Reason); r >= 0 && x.Interval < 0 {
			l.reason = t.Reasons[r].Code
		}
		list = append(list, l)
	}}
	_, err = e.Evaluate(ctx)
	return list, err
}

// example is a lesson as learners take it.
func (l *lesson) example() schemas.TrainingExample {
	x := schemas.TrainingExample{Reason: l.reason, Features: l.features, Interval: l.interval, ExposureBand: -1, ContactAfterMs: -1}
	if l.came {
		x.ContactAfterMs = 0
	}
	return x
}

// moments learns from the moments of one world.
func moments(l predict.Learner, list []lesson) error {
	for i := range list {
		if list[i].interval < 0 {
			continue
		}
		x := list[i].example()
		if err := l.Learn(&x); err != nil {
			return err
		}
	}
	return nil
}

// learn learns from all worlds side by side: one after the other, the last would count most.
func learn(all [][]lesson) ([]byte, error) {
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
	// Twice: contacts after most moments are rare, and each tells much.
	for range rounds - 1 {
		for _, list := range all {
			if err := moments(l, list); err != nil {
				return nil, err
			}
		}
	}
	longest := 0
	for _, list := range all {
		longest = max(longest, len(list))
	}
	for i := range longest {
		for _, list := range all {
			// Each at its own pace, so that all end together.
			for at := i * len(list) / longest; at < (i+1)*len(list)/longest; at++ {
				x := list[at].example()
				if err := l.Learn(&x); err != nil {
					return nil, err
				}
			}
		}
	}
	return softmax.Ship(l, labels, told)
}
