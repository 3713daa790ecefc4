package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/attune-health/attune/deploy/embeddedtest"
	"github.com/attune-health/attune/pipeline/kafka"
)

// bench is what the measurements share.
type bench struct {
	options *options
	dir     string
	broker  *embeddedtest.Apache
	cluster *kafka.Cluster
	classes map[string]string // class paths of Java engines
	want    *expected
	report  *report
}

const inputTopic = "touchpoints"

func run(ctx context.Context, args []string) (err error) {
	o, err := parseOptions(args)
	if err != nil {
		return err
	}
	if ok, why := embeddedtest.HaveJava(); !ok {
		return fmt.Errorf("needs a JDK 17 or newer and Maven, for Apache Kafka and the other engines: %s", why)
	}
	b := &bench{options: o, classes: map[string]string{}, report: newReport(ctx, o)}
	if b.dir, err = os.MkdirTemp("", "attune-peers-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(b.dir)) }()
	if err := b.compileAll(ctx); err != nil {
		return err
	}
	progress("starting Apache Kafka")
	if b.broker, err = embeddedtest.StartApacheKafka(ctx, embeddedtest.ApacheConfig{Dir: filepath.Join(b.dir, "broker"), Version: versions["broker"], Heap: "1g", Java: []string{"-XX:TieredStopAtLevel=4"}, Config: brokerSettings}); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.broker.Kill()) }()
	if b.cluster, err = kafka.Dial(ctx, kafka.Config{Brokers: []string{b.broker.Addr()}}); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.cluster.Close()) }()
	if err := b.parts(ctx); err != nil {
		return err
	}
	return b.report.finish(ctx)
}

// brokerSettings: transactions may take as long as Flink's connector asks for, and what is deleted goes
// soon, since runs write more than a disk may hold.
var brokerSettings = map[string]string{
	"transaction.max.timeout.ms":  "3600000",
	"log.segment.delete.delay.ms": "1000",
}

func (b *bench) parts(ctx context.Context) error {
	o := b.options
	if o.wants(o.Parts, partThroughput) {
		if err := b.throughputs(ctx); err != nil {
			return err
		}
	}
	if o.wants(o.Parts, partLatency) {
		if err := b.latencies(ctx); err != nil {
			return err
		}
	}
	if o.wants(o.Parts, partShuffle) {
		return b.shuffles(ctx)
	}
	return nil
}

func (b *bench) chosen() []*engine {
	var list []*engine
	for i := range engines {
		if b.options.wants(b.options.Engines, engines[i].name) {
			list = append(list, &engines[i])
		}
	}
	return list
}

// throughputs measures every engine in turn, and all of them again, so that what else the machine does
// meets each.
func (b *bench) throughputs(ctx context.Context) (err error) {
	progress("writing %d touchpoints", b.options.Records)
	if err := createTopics(ctx, b.cluster, nil, inputTopic); err != nil {
		return err
	}
	if b.want, err = loadTouchpoints(ctx, b.cluster, inputTopic, b.options.Records); err != nil {
		return err
	}
	b.report.Expected = [2]tally{b.want.actions, b.want.aggregates}
	for repeat := range b.options.Repeats {
		for _, e := range b.chosen() {
			d, err := b.throughput(ctx, e, repeat)
			if err != nil {
				return fmt.Errorf("%s: %w", e.name, err)
			}
			progress("%-22s %8.0f/s  %5.2f CPU s/M  broker %.2f  whole %.2f  outputs equal, activity within %.1g", e.name, d.Rate, d.CPU, d.BrokerCPU, d.WholeCPU, d.Outcome.Deviation)
			b.report.Throughput = append(b.report.Throughput, d)
		}
	}
	return b.cluster.DeleteTopics(ctx, []string{inputTopic})
}

// newRun prepares a run of an engine.
func (b *bench) newRun(name, input string) (*jobRun, error) {
	dir, err := os.MkdirTemp(b.dir, name+"-")
	return &jobRun{name: name, topics: topicsOf(input, name), dir: dir}, err
}

// removeTopics deletes the topics whose names begin with a run's, those that engines made included.
func (b *bench) removeTopics(ctx context.Context, run string) error {
	infos, err := b.cluster.DescribeTopics(ctx)
	if err != nil {
		return err
	}
	var names []string
	for i := range infos {
		if strings.HasPrefix(infos[i].Name, run+"-") {
			names = append(names, infos[i].Name)
		}
	}
	return b.cluster.DeleteTopics(ctx, names)
}
