package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/attune-health/attune/deploy/embedded"
	"github.com/attune-health/attune/deploy/embeddedtest"
)

func main() {
	embedded.RunEngineIfChild()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second one ends at once; the children end with us
	right, err := run(ctx, os.Args[1:])
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "chaos:", err)
	}
	if !right {
		os.Exit(1)
	}
}

// options are the flags.
type options struct {
	duration time.Duration
	brokers  int
	seed     uint64
	rate     int
	heap     string
	attune   string
	dir      string
	keep     bool
}

func (o *options) parse(args []string) error {
	flags := flag.NewFlagSet("chaos", flag.ContinueOnError)
	flags.DurationVar(&o.duration, "for", 10*time.Minute, "how long faults are made")
	flags.IntVar(&o.brokers, "brokers", 3, "brokers: 1, or 3 with every record on all of them")
	flags.Uint64Var(&o.seed, "seed", 0, "of faults and patients (default: another each time)")
	flags.IntVar(&o.rate, "rate", 300, "touchpoints per second")
	flags.StringVar(&o.heap, "heap", "320m", "Java heap of a broker")
	flags.StringVar(&o.attune, "attune", "", "attune binary (default: built from this tree)")
	flags.StringVar(&o.dir, "dir", "", "directory for data and logs (default: a temporary one, removed where all is right)")
	flags.BoolVar(&o.keep, "keep", false, "keep the directory in any case")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if o.brokers != 1 && o.brokers != 3 {
		return fmt.Errorf("-brokers: %d is neither 1 nor 3", o.brokers)
	}
	if o.duration < 20*time.Second {
		return fmt.Errorf("-for: %v is too short for a fault of each lane", o.duration)
	}
	if o.seed == 0 {
		o.seed = rand.Uint64()>>40 + 1
	}
	if ok, why := embeddedtest.HaveJava(); !ok {
		return fmt.Errorf("needs Apache Kafka, and therefore Java and Maven: %s", why)
	}
	return nil
}

// run reports whether all was right.
func run(ctx context.Context, args []string) (right bool, err error) {
	var o options
	if err := o.parse(args); err != nil {
		return errors.Is(err, flag.ErrHelp), err
	}
	if o.dir == "" {
		if o.dir, err = os.MkdirTemp("", "attune-chaos-"); err != nil {
			return false, err
		}
	} else {
		o.keep = true
		if err := os.MkdirAll(o.dir, 0o755); err != nil {
			return false, err
		}
	}
	r := newReport(&o)
	err = work(ctx, &o, r)
	if right = err == nil && r.right(); right && !o.keep {
		err = os.RemoveAll(o.dir)
	} else {
		fmt.Printf("logs and data are kept: %s (repeat with -seed %d -for %v -brokers %d)\n", o.dir, o.seed, o.duration, o.brokers)
	}
	if err != nil {
		return false, err
	}
	fmt.Println(r.line())
	return right, nil
}

// work starts the site, breaks it, lets it recover, and verifies it.
func work(ctx context.Context, o *options, r *report) (err error) {
	r.say("seed %d, %d broker(s), %v at %d touchpoints/s, in %s", o.seed, o.brokers, o.duration, o.rate, o.dir)
	s := &site{options: o, report: r}
	defer func() { err = errors.Join(err, s.close()) }()
	if err := s.start(ctx); err != nil {
		return fmt.Errorf("start: %w", err)
	}
	if err := breakAll(ctx, s); err != nil {
		return fmt.Errorf("break: %w", err)
	}
	if err := verifyAll(ctx, s); err != nil {
		return fmt.Errorf("verify: %w", err)
	}
	r.print()
	return nil
}
