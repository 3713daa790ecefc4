package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

func main() {
	only := flag.String("only", "", "try mutants whose name holds this")
	atOnce := flag.Int("j", 2, "mutants at once")
	flag.Parse()
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt)
	defer cancel()
	if err := run(ctx, *only, *atOnce); err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(1)
	}
}

// run tries all mutants and prints what found them.
func run(ctx context.Context, only string, atOnce int) error {
	root, err := filepath.Abs(".")
	if err != nil {
		return err
	}
	mutants, err := load(filepath.Join(root, "internal", "mutants", "testdata"))
	if err != nil {
		return err
	}
	mutants = slices.DeleteFunc(mutants, func(m mutant) bool { return !strings.Contains(m.name, only) })
	dir, err := os.MkdirTemp("", "mutants-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	began := time.Now()
	woven, err := buildTogether(ctx, root, dir, mutants)
	if err != nil {
		// One of them does not compile: built alone, it is named.
		fmt.Printf("mutants: together: %v\n", err)
		woven = nil
	}
	fmt.Printf("mutants: %d of %d built at once in %v\n", len(woven), len(mutants), time.Since(began).Round(time.Second))
	bad := tryAll(ctx, mutants, atOnce, func(m mutant) verdict {
		if woven[m.name] {
			return try(ctx, root, binaryOf(dir, m.pkg), m)
		}
		return try(ctx, root, "", m)
	})
	fmt.Printf("mutants: %d tried, %d not caught, %v\n", len(mutants), bad, time.Since(began).Round(time.Second))
	if len(mutants) == 0 || bad > 0 || ctx.Err() != nil {
		return fmt.Errorf("%d of %d were not caught", bad, len(mutants))
	}
	return nil
}

// tryAll tries mutants, some at once, and counts those that were not caught.
func tryAll(ctx context.Context, mutants []mutant, atOnce int, try func(mutant) verdict) (bad int) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	work := make(chan mutant)
	for range atOnce {
		wg.Go(func() {
			for m := range work {
				v := try(m)
				mu.Lock()
				if !v.print() {
					bad++
				}
				mu.Unlock()
			}
		})
	}
	for _, m := range mutants {
		if ctx.Err() == nil {
			work <- m
		}
	}
	close(work)
	wg.Wait()
	return bad
}

// print writes the mutant's line and reports whether it was caught.
func (v *verdict) print() bool {
	what := v.caught
	switch {
	case v.err != nil:
		what = "NOT TRIED: " + v.err.Error()
	case v.caught == "":
		what = "SURVIVED"
	}
	fmt.Printf("%-28s %6.1fs  %s\n%37s %s\n", v.name, v.took.Seconds(), v.title, "", what)
	return v.err == nil && v.caught != ""
}
