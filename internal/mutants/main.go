package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
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
	began := time.Now()
	var mu sync.Mutex
	var wg sync.WaitGroup
	tried, bad := 0, 0
	work := make(chan mutant)
	for range atOnce {
		wg.Go(func() {
			for m := range work {
				v := try(ctx, root, m)
				mu.Lock()
				tried++
				if !v.print() {
					bad++
				}
				mu.Unlock()
			}
		})
	}
	for _, m := range mutants {
		if strings.Contains(m.name, only) && ctx.Err() == nil {
			work <- m
		}
	}
	close(work)
	wg.Wait()
	fmt.Printf("mutants: %d tried, %d not caught, %v\n", tried, bad, time.Since(began).Round(time.Second))
	if tried == 0 || bad > 0 || ctx.Err() != nil {
		return fmt.Errorf("%d of %d were not caught", bad, tried)
	}
	return nil
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
