package main

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"os"

	"github.com/attune-health/attune/benchmarks/journeys"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/kafka"
	"github.com/attune-health/attune/schemas"
)

// workload is what the source topics hold.
type workload struct {
	next   func() (journeys.Event, error)
	save   *recordingWriter
	source *source
	seed   maphash.Seed

	filled []filling
	// Touchpoints, copies and phantoms included.
	sent     int
	phantoms int
	// Hashes of the event ids of all but phantoms.
	distinct map[uint64]struct{}
	written  []size
}

// filling is what was added for one job.
type filling struct {
	touchpoints int
	// Links and consents.
	others int
}

// jobRun is what one run has measured: the job from empty, and the next one, for which a new processor
// restored the state of the first.
type jobRun struct{ first, next processed }

// wholeJobs measures the whole job several times.
func wholeJobs(ctx context.Context, o *options, r *report) error {
	var runs []jobRun
	var last *workload
	for i := range o.repeats {
		profile := ""
		if i == o.repeats-1 {
			profile = o.profile
		}
		run, w, err := wholeJob(ctx, o, profile)
		if err != nil {
			return err
		}
		runs, last = append(runs, run), w
	}
	r.wholeJob(runs, last)
	return nil
}

// wholeJob fills the source topics of a new broker and lets a new processor process them, twice. It
// checks that nothing is missing.
func wholeJob(ctx context.Context, o *options, profile string) (run jobRun, w *workload, err error) {
	dir, err := os.MkdirTemp("", "attune-speed-")
	if err != nil {
		return run, w, err
	}
	defer os.RemoveAll(dir)
	var at address
	broker, err := start(ctx, order{Role: "broker", Dir: dir}, 1, &at)
	if err != nil {
		return run, w, err
	}
	defer func() { err = errors.Join(err, broker.end()) }()
	cluster, err := dial(ctx, at.Broker)
	if err != nil {
		return run, w, err
	}
	defer cluster.Close()
	if w, err = newWorkload(ctx, cluster, o); err != nil {
		return run, w, err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	before := ""
	if profile != "" {
		before = profile + ".first"
	}
	for _, job := range []struct {
		order
		into *processed
	}{{order{Broker: at.Broker, Recorded: true, Profile: before, Checkpoints: o.checkpoints, MaxPending: o.pending}, &run.first}, {order{Broker: at.Broker, Recorded: true, Profile: profile, Restored: true, Checkpoints: o.checkpoints, MaxPending: o.pending}, &run.next}} {
		if err := w.fill(ctx, o.touchpoints); err != nil {
			return run, w, fmt.Errorf("fill the source topics: %w", err)
		}
		if *job.into, err = process(ctx, job.order); err != nil {
			return run, w, err
		}
	}
	if err := w.check(ctx, cluster, &run); err != nil {
		return run, w, err
	}
	w.written, err = sizes(ctx, cluster)
	return run, w, err
}

// size is what a topic holds.
type size struct {
	topic          string
	records, bytes int
}

// sizes weighs all topics.
func sizes(ctx context.Context, cluster *kafka.Cluster) ([]size, error) {
	var all []size
	for _, t := range schemas.Topics(schemas.TopicConfig{}) {
		spans, err := cluster.Spans(ctx, t.Name)
		if err != nil {
			return nil, err
		}
		s := size{topic: t.Name}
		err = cluster.Scan(ctx, spans, func(r *pipeline.Record) error {
			s.records++
			s.bytes += len(r.Key) + len(r.Value)
			return nil
		})
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

// process lets a processor work until nothing is left.
func process(ctx context.Context, o order) (p processed, err error) {
	o.Role = "processor"
	c, err := start(ctx, o, 0, &struct{}{})
	if err != nil {
		return p, err
	}
	defer func() { err = errors.Join(err, c.end()) }()
	return p, c.ask(askQuiet, &p)
}

// newWorkload prepares the stream. The simulator's patients are as busy as those of the demo.
func newWorkload(ctx context.Context, cluster *kafka.Cluster, o *options) (*workload, error) {
	w := &workload{seed: maphash.MakeSeed(), distinct: make(map[uint64]struct{}, 2*o.touchpoints)}
	var err error
	if w.next, err = o.stream(); err != nil {
		return nil, err
	}
	if o.save != "" {
		if w.save, err = newRecordingWriter(o.save); err != nil {
			return nil, err
		}
	}
	w.source, err = newSource(ctx, cluster)
	return w, err
}

// close ends what newWorkload has begun.
func (w *workload) close() error {
	if w.save == nil {
		return w.source.Close()
	}
	return errors.Join(w.source.Close(), w.save.close())
}

// stream is the recording, if there is one, or the simulator.
func (o *options) stream() (func() (journeys.Event, error), error) {
	if o.input != "" {
		r, err := openRecording(o.input)
		if err != nil {
			return nil, err
		}
		return r.next, nil
	}
	g, err := journeys.New(journeys.Config{Patients: o.patients, Rate: float64(o.patients) / 25, Seed: 1})
	if err != nil {
		return nil, err
	}
	return func() (journeys.Event, error) {
		e, _ := g.Next()
		return e, nil
	}, nil
}

// fill sends the next n touchpoints, with the links and consents among them.
func (w *workload) fill(ctx context.Context, n int) error {
	w.filled = append(w.filled, filling{})
	f := &w.filled[len(w.filled)-1]
	for f.touchpoints < n {
		e, err := w.next()
		if err != nil {
			return err
		}
		if w.save != nil {
			if err := w.save.write(&e); err != nil {
				return err
			}
		}
		if err := w.source.append(&e); err != nil {
			return err
		}
		w.count(f, &e)
		if w.source.Pending() > 1<<20 {
			if err := w.source.Flush(ctx); err != nil {
				return err
			}
		}
	}
	return w.source.Flush(ctx)
}

func (w *workload) count(f *filling, e *journeys.Event) {
	if e.Kind != journeys.KindTouchpoint {
		f.others++
		return
	}
	f.touchpoints++
	w.sent++
	if t := e.Touchpoint; t.Body.Kind == schemas.TouchpointBodyCall && t.Body.Call.Phantom {
		w.phantoms++
		return
	}
	w.distinct[maphash.String(w.seed, e.Touchpoint.EventID)] = struct{}{}
}

// check compares what came out with what went in: every touchpoint is identified or rejected, and of
// the identified ones the copies, and only those, were rejected as duplicates.
func (w *workload) check(ctx context.Context, cluster *kafka.Cluster, run *jobRun) error {
	lags, err := cluster.Lag(ctx, groupIn(""), append(schemas.TouchpointTopics(), schemas.TopicIdentified, schemas.TopicIdentityLinks, schemas.TopicConsents)...)
	if err != nil {
		return err
	}
	for i := range lags {
		if lags[i].Lag() != 0 {
			return fmt.Errorf("%s/%d is %d records behind", lags[i].Topic, lags[i].Partition, lags[i].Lag())
		}
	}
	identified, err := countTouchpoints(ctx, cluster, "")
	if err != nil {
		return err
	}
	rejected := func(reason string) int {
		return run.first.Reasons["rejected_records."+reason] + run.next.Reasons["rejected_records."+reason]
	}
	phantoms, duplicates := rejected("phantom"), rejected("duplicate")
	if identified != w.sent-w.phantoms || phantoms != w.phantoms || identified-duplicates != len(w.distinct) {
		return fmt.Errorf("sent %d touchpoints, %d of them phantoms, %d distinct ones: got %d identified, %d duplicates among them, and %d phantoms",
			w.sent, w.phantoms, len(w.distinct), identified, duplicates, phantoms)
	}
	return nil
}

// countTouchpoints counts the identified touchpoints, each once however often it was forwarded to the
// next owner of its shard.
func countTouchpoints(ctx context.Context, cluster *kafka.Cluster, generation string) (int, error) {
	spans, err := cluster.Spans(ctx, schemas.InGeneration(schemas.TopicIdentified, generation))
	if err != nil {
		return 0, err
	}
	type place struct {
		channel   schemas.Channel
		partition int32
		offset    int64
	}
	places := map[place]struct{}{}
	var in schemas.Identified
	err = cluster.Scan(ctx, spans, func(r *pipeline.Record) error {
		if len(r.Headers) > 0 && r.Headers[0].Key == pipeline.WatermarkHeader {
			return nil
		}
		_, payload, err := schemas.ParseFrame(r.Value)
		if err != nil {
			return err
		}
		if _, err := in.DecodeAvro(payload); err != nil {
			return err
		}
		if in.Payload.Kind == schemas.IdentifiedPayloadTouchpoint {
			places[place{schemas.ChannelOf(in.SourceTopic), in.SourcePartition, in.SourceOffset}] = struct{}{}
		}
		return nil
	})
	return len(places), err
}
