package runner

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/attune-health/attune/pipeline"
)

// worker owns several tasks of any role and one producer. Its goroutine alone touches them, so that
// neither tasks nor producer need a lock. It lives as long as the runner; session runs it for one
// generation. Between two sessions the goroutine of the generations may look at it, to share out
// partitions.
type worker struct {
	// index is part of the producer's transactional id, so that each worker has the same one after a
	// restart.
	index    int
	run      *Runner
	producer pipeline.Producer
	// state says what may be done with producer and tasks; states.go draws it.
	state workerState
	// tasks are all of the worker's; running are those that are restored, the others are with restorer.
	tasks    []*workerTask
	running  []*workerTask
	restorer restorer
	byTP     map[pipeline.TopicPartition]*workerTask
	// feeds read urgent sources and broadcasts, and the others; lanes are what they read, one for each
	// partition.
	feeds  [2]*feed
	lanes  []*lane
	laneOf map[pipeline.TopicPartition]*lane
	// arrivals numbers the chunks that have arrived.
	arrivals uint64
	// follow is where each broadcast goes on.
	follow map[pipeline.TopicPartition]int64
	// merge orders the lanes that are read in the order of time. mergedLast: of the lanes without
	// priority that were chosen, the last was one of these. progress is what control records said last.
	merge      merge
	mergedLast bool
	progress   pipeline.Progress
	// merging is how many tasks have merged sources, also those that are to be restored; began is when
	// their restore began.
	merging  int
	began    time.Time
	restarts restarts
	commands chan func()

	// Of the session.
	// gen is what commits name, and what fences them.
	gen pipeline.Generation
	// input is what the tasks are stepped with, used anew each time.
	input pipeline.Input
	// commits is the transaction that is collected, or under way.
	commits transaction
	// fetchErr is that of a feed. The loop ends by it once everything is committed.
	fetchErr error
	// failed is that of a command, such as the forced end of the input.
	failed error
	// touched: a task has something to commit. urgent: and somebody waits for it.
	touched bool
	urgent  bool
	// nextTick is when processing time is passed on next.
	nextTick time.Time
	// lastOrdinary is the seal of the last ordinary commit, lastCommit the end of any.
	lastOrdinary time.Time
	lastCommit   time.Time
	// timer wakes the loop, meter divides its time.
	timer *time.Timer
	meter phaseMeter
	// tickCount: every tenth tick is reported.
	tickCount int
	// passedOver counts urgent slices while others waited.
	passedOver int
	// room is how much output may wait for a commit.
	room room
}

// workerTask is a task in the hands of its worker. While it is restored it is the restorer's (see
// taskRestoring).
type workerTask struct {
	id   pipeline.TaskID
	role *pipeline.Role
	// source is the topic that the task reads, of role.
	source *pipeline.Source
	// partitions is how many the source topic has, as of this generation.
	partitions int32
	// state says whose the task is.
	state taskState
	// task is nil before it is restored.
	task *pipeline.Task
	// last is what the group has as committed, as far as we know. After a rebalance it is compared with
	// what the group says: a difference means that another has run the task.
	last pipeline.OffsetCommit
	// next is that of the commit under way.
	next pipeline.OffsetCommit
	// committed: last was ever committed, and is not just the start of the source.
	committed bool
	// stood is what was read of the changelog before; nil for nothing, or once it has become task.
	stood *standby
	// read counts the changelog records of the restore.
	read int64
	// stopped is why the task stopped in its restore, nil where it did not.
	stopped error
	// copied is how far the copy of the changelog may go with the commit under way.
	copied pipeline.CopyPosition

	// checkpointAt is when the next checkpoint is due.
	checkpointAt time.Time
}

func newWorker(r *Runner, index int) *worker {
	return &worker{index: index, run: r, room: newRoom(&r.cfg), byTP: make(map[pipeline.TopicPartition]*workerTask), follow: make(map[pipeline.TopicPartition]int64), laneOf: make(map[pipeline.TopicPartition]*lane), commands: make(chan func()), merge: merge{lead: newLead()}}
}

// session works on the tasks of one generation until ctx ends, and returns with everything that it did
// either committed in this generation or void: no commit of it may come later, when others have the
// partitions (I4). An error of a commit or fetch makes it begin anew, with a pause; one that it returns
// ends the runner.
func (w *worker) session(ctx context.Context, gen pipeline.Generation) error {
	w.gen = gen
	// Without tasks there is nothing to commit, and initialising a producer would cost the broker for nothing.
	if len(w.tasks) == 0 {
		return w.rest(ctx)
	}
	defer w.halt()
	for {
		err := w.prepare(ctx)
		if err == nil {
			err = w.loop(ctx)
		}
		switch {
		// The generation ends, and the loop has committed everything: the tasks keep their state.
		case err == nil && ctx.Err() != nil:
			return nil
		case err == nil:
			continue // a fetch ended, everything is committed
		}
		w.void()
		if fatal(err) {
			return err
		}
		if ctx.Err() != nil {
			return nil
		}
		// What is void is void; the same generation may well succeed with a producer initialised anew.
		if err := w.restarts.pause(ctx, w, err); err != nil {
			return err
		}
	}
}

// rest answers commands while the worker has no tasks. Without it Quiet and EndInput, which ask each
// worker, would wait for this one until the generation ends.
func (w *worker) rest(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case f := <-w.commands:
			f()
		}
	}
}

// prepare initialises the producer, keeps the tasks whose last commit is still ours, and begins to
// restore the others. Initialising comes first: it aborts what was open under our id, or makes us wait
// for it, so that the committed offsets that are read next are final. A task whose offset is not what
// we committed has been run by somebody else meanwhile, and its state is stale.
func (w *worker) prepare(ctx context.Context) error {
	w.restorer.halt()
	if err := w.initProducer(ctx); err != nil {
		return err
	}
	kept := slices.DeleteFunc(slices.Clone(w.tasks), func(t *workerTask) bool { return t.state != taskRunning })
	committed, err := w.run.committed(ctx, kept)
	if err != nil {
		return err
	}
	var fresh []*workerTask
	for _, t := range w.tasks {
		c, found := committed[t.id.Source]
		// Both may be without a commit: a task that is new, and has not committed yet, is kept as well.
		kept := t.state == taskRunning && found == t.committed && (!found || c == t.last)
		if !kept {
			t.state, t.task, t.read, t.stopped = taskRestoring, nil, 0, nil
			fresh = append(fresh, t)
		}
		w.run.cfg.Events.taskAssigned(t.id, w.index, kept)
	}
	w.run.cfg.Events.ready(w.runs())
	w.merging, w.began = w.count((*workerTask).merged), w.run.cfg.Now()
	w.restorer.start(ctx, w, fresh)
	return nil
}

// runs puts the tasks that are restored into running, in the order of tasks, and returns those.
func (w *worker) runs() []*workerTask {
	w.running = w.running[:0]
	for _, t := range w.tasks {
		if t.state == taskRunning {
			w.running = append(w.running, t)
		}
	}
	return w.running
}

// initProducer makes the producer ready, where something may have been left open. A worker that is
// ready keeps its producer over rebalances: initialising costs the broker two writes.
func (w *worker) initProducer(ctx context.Context) error {
	if w.producer == nil {
		w.producer = w.run.cfg.Cluster.NewProducer(w.run.producerConfig(w.index))
	}
	if w.state == workerReady {
		return nil
	}
	if err := w.producer.Init(ctx); err != nil {
		return fmt.Errorf("initialise producer: %w", err)
	}
	w.state = workerReady
	return nil
}

// adopt takes over tasks that are restored. The feeds begin anew: broadcasts go on from where the new
// tasks have had them, and the others pass over what they had.
func (w *worker) adopt(ctx context.Context, h handover) error {
	if h.err != nil {
		return h.err
	}
	w.haltFeeds()
	for tp, next := range h.follow {
		if at, ok := w.follow[tp]; !ok || next < at {
			w.follow[tp] = next
		}
	}
	for _, t := range h.tasks {
		if t.stopped != nil {
			w.stop(t)
			continue
		}
		// From here on its outputs go with this worker's commits, those from before with the next one.
		if err := writeTo(t.task, w.producer); err != nil {
			return fatalError{err}
		}
		t.state = taskRunning
	}
	w.runs()
	w.run.cfg.Events.ready(h.tasks)
	w.startFeeds(ctx)
	w.markTouched()
	return nil
}

// stop leaves a task alone whose restore has stopped. Its source is not read, and is nothing that the merge would
// wait for.
func (w *worker) stop(t *workerTask) {
	t.state, t.task = taskStopped, nil
	if t.merged() {
		w.merging--
	}
	w.run.cfg.Events.taskStopped(t.id, t.stopped)
}

// halt stops reading and restoring and waits for a commit that is under way.
func (w *worker) halt() {
	w.restorer.halt()
	w.haltFeeds()
	w.merge.lead.rest()
	// Its outcome is not looked at: the caller ends by an error already, and takes nothing for committed.
	if w.commits.state == commitSent {
		<-w.commits.done
		w.commits.cancel()
		w.commits.state = commitNone
		w.void()
	}
}

// haltFeeds stops reading and gives back every chunk.
func (w *worker) haltFeeds() {
	for _, f := range w.feeds {
		f.halt()
	}
	for _, l := range w.lanes {
		l.clear()
	}
	w.lanes, w.merge = nil, merge{lead: w.merge.lead}
	clear(w.laneOf)
}

// void throws away all state that is not committed: every task must be restored, since nobody knows how
// far ahead of the last commit each is (I14). What was read of changelogs by tasks that do not run yet
// stays.
func (w *worker) void() {
	w.halt()
	w.merge.lead.forget()
	w.state, w.touched, w.urgent = workerVoid, false, false
	for _, t := range w.tasks {
		t.state, t.task = taskVoid, nil
	}
	w.running = w.running[:0]
}

// loop processes until ctx ends or something fails. With a nil error everything is committed. Each
// round does what is due, and then takes in what has come; it sleeps only where there is nothing to do.
func (w *worker) loop(ctx context.Context) error {
	w.begin(ctx)
	defer w.timer.Stop()
	for ctx.Err() == nil {
		now := w.run.cfg.Now()
		if err := w.work(now); err != nil {
			return err
		}
		if err := w.attend(ctx, w.stalled() || w.next(now).lane == nil); err != nil {
			return err
		}
		// A command cannot return its error to the loop in any other way.
		if w.failed != nil {
			return w.failed
		}
		if w.fetchErr != nil && ctx.Err() == nil {
			return w.fetchFailed(ctx)
		}
	}
	return w.finish(ctx)
}

// begin starts the clocks of a loop. What tasks have to announce after a restore counts as touched.
func (w *worker) begin(ctx context.Context) {
	w.startFeeds(ctx)
	now := w.run.cfg.Now()
	w.nextTick, w.lastOrdinary, w.lastCommit = now, now, now
	w.timer = time.NewTimer(0)
	w.meter = phaseMeter{at: now}
	w.markTouched()
}

// startFeeds lets the feeds read from the tasks' positions on.
func (w *worker) startFeeds(ctx context.Context) {
	positions := [2]map[pipeline.TopicPartition]int64{{}, {}}
	for _, t := range w.running {
		i := class(t.source.Priority)
		positions[i][t.id.Source] = t.task.Position()
		w.open(i, &lane{tp: t.id.Source, task: t})
	}
	for tp, offset := range w.follow {
		positions[0][tp] = offset
		w.open(0, &lane{tp: tp})
	}
	for i, p := range positions {
		if len(p) > 0 {
			w.feeds[i].start(ctx, p)
		}
	}
	w.fetchErr = nil
}

// open adds a lane, which the feed of a class reads.
func (w *worker) open(class int, l *lane) {
	if w.feeds[class] == nil {
		w.feeds[class] = &feed{fetcher: w.run.cfg.Cluster.NewFetcher(w.run.cfg.fetch(class, w.run.partitions(class))), events: &w.run.cfg.Events}
	}
	l.feed = w.feeds[class]
	w.lanes = append(w.lanes, l)
	w.laneOf[l.tp] = l
	if l.task != nil && l.task.source.Times != nil {
		l.times, l.urgent, l.leads = l.task.source.Times, l.task.source.Priority > 0, l.task.source.Leads
		w.merge.add(l, w.run.cfg.Now())
	}
}

// partitions counts those of the topics of a class.
func (r *Runner) partitions(of int) (n int32) {
	for i := range r.cfg.Topology.Roles {
		for _, s := range r.cfg.Topology.Roles[i].Sources {
			if class(s.Priority) == of {
				n += r.counts.of(s.Topic)
			}
		}
	}
	return n
}

// class is the feed that reads sources of a priority: 0 for those that go first, and broadcasts with
// them, 1 for the others.
func class(priority int) int {
	if priority > 0 {
		return 0
	}
	return 1
}

// work does what is due: ticks, a commit, and one slice of records of the most urgent feed.
func (w *worker) work(now time.Time) error {
	if !now.Before(w.nextTick) {
		if err := w.tick(now); err != nil {
			return err
		}
	}
	if due, kind := w.commitDue(now); due {
		w.meter.enter(phaseCommit, now)
		if err := w.seal(now, kind); err != nil {
			return err
		}
		w.meter.enter(phaseProcess, w.run.cfg.Now())
	}
	if len(w.merge.lanes) > 0 {
		w.merge.lead.follow(w)
	}
	if w.stalled() {
		return nil
	}
	c := w.next(now)
	if c.lane == nil {
		return nil
	}
	w.passedOver++
	if c.how == takeMerged || c.how == takeOther {
		w.passedOver, w.mergedLast = 0, c.how == takeMerged
	}
	w.meter.enter(phaseProcess, now)
	switch c.how {
	case takeMerged:
		return w.mergeSlice(now)
	case takeLive:
		return w.liveSlice(c.lane, now)
	}
	return w.slice(c.lane, now)
}

// How many slices of urgent sources go before one of the others: when both wait, and when there is
// too large a backlog, too. The others come late under overload, but not never.
const (
	fairness = 16
	patience = 8 * fairness
)

// maxBacklogOfSlowest is no bound in practice. It stands for none, so that the choice needs no second form.
const maxBacklogOfSlowest = time.Hour

// choice is where the next slice comes from. lane is nil where nothing waits that may be taken.
type choice struct {
	lane *lane
	how  taking
}

// taking is why a lane's records are taken.
type taking uint8

const (
	takeUrgent taking = iota // the source has priority
	takeLive                 // of a merged lane, before its turn: somebody waits
	takeMerged               // in the order of time
	takeOther
)

// next chooses where the next slice comes from.
func (w *worker) next(now time.Time) choice {
	// A merged call before its turn, else whatever has priority by its source.
	urgent := choice{w.merge.live(w.run.cfg.Topology, pipeline.Time(now.UnixMilli())), takeLive}
	if urgent.lane == nil {
		urgent = choice{w.oldest(w.feeds[0]), takeUrgent}
	}
	other := w.others(now)
	turns, most := fairness, w.run.cfg.MaxBacklog
	if other.how == takeMerged && other.lane != nil && w.run.pace.slowest(now, other.lane.head()) {
		turns, most = 1, maxBacklogOfSlowest // others wait for this process, and what they have under way is bounded
	}
	backlog := &w.run.backlog
	// Records that went to tasks of other processes do not come back here. A few commits later they are forgotten.
	backlog.forget(now, 4*w.run.cfg.CommitInterval)
	if backlog.age() > most && (urgent.lane == nil || w.passedOver < patience) {
		other.lane = nil
	}
	if other.lane != nil && (urgent.lane == nil || w.passedOver >= turns) {
		return other
	}
	return urgent
}

// others chooses among what has no priority: what is merged, and what is not, in turn.
func (w *worker) others(now time.Time) choice {
	merged, plain := choice{nil, takeMerged}, choice{w.oldest(w.feeds[1]), takeOther}
	// In turn, since neither knows the other's times: a busy merge would starve what is not merged.
	merged.lane = w.merge.first(w.readUntil(now))
	if merged.lane == nil || w.mergedLast && plain.lane != nil {
		return plain
	}
	return merged
}

// oldest is the lane of a feed, but for those that are merged, whose next chunk arrived first, nil where none
// has records that are ready.
func (w *worker) oldest(f *feed) (first *lane) {
	for _, l := range w.lanes {
		if l.feed == f && !l.merged() && l.ready() && (first == nil || l.places[0] < first.places[0]) {
			first = l
		}
	}
	return first
}

// hasChunks reports whether anything was fetched and not yet processed.
func (w *worker) hasChunks() bool {
	return slices.ContainsFunc(w.lanes, func(l *lane) bool { return len(l.chunks) > 0 })
}

// stalled reports whether nothing more can be taken on before the commit under way is done: its output
// would have no bound.
func (w *worker) stalled() bool {
	return w.commits.state == commitSent && w.producer.Pending() >= w.room.bytes()
}

// attend takes in what has come: the end of a commit, chunks, restored tasks, a command. With sleep it waits for
// one of them, or until something is due.
func (w *worker) attend(ctx context.Context, sleep bool) error {
	var in inputs
	for i, f := range w.feeds {
		if f.reading() && !w.stalled() {
			in.arrivals[i], in.prepared[i] = f.arrivals, f.prepared
		}
	}
	if taken, err := w.takeOne(ctx, &in); taken || !sleep {
		return err
	}
	return w.sleep(ctx, &in)
}

// inputs is what feeds may bring.
type inputs struct {
	arrivals [2]<-chan arrival
	prepared [2]<-chan *lane
}

// takeOne takes the first of what is there already, in a fixed order: where a select finds several
// things, it draws lots, and no run could be repeated.
func (w *worker) takeOne(ctx context.Context, in *inputs) (taken bool, err error) {
	select {
	case err := <-w.commits.done:
		return true, w.committed(err)
	default:
	}
	for i := range in.arrivals {
		select {
		case a := <-in.arrivals[i]:
			return true, w.arrived(a)
		default:
		}
		select {
		case l := <-in.prepared[i]:
			w.isPrepared(l)
			return true, nil
		default:
		}
	}
	select {
	case <-w.merge.lead.applied:
		w.leadApplied()
		return true, nil
	default:
	}
	select {
	case h := <-w.restorer.handed:
		return true, w.adopt(ctx, h)
	default:
	}
	select {
	case f := <-w.commands:
		f()
		return true, nil
	default:
		return false, nil
	}
}

// sleep waits for whatever comes first. Only one thing is taken in: the loop then does what is due
// before it takes the next.
func (w *worker) sleep(ctx context.Context, in *inputs) error {
	now := w.run.cfg.Now()
	if w.stalled() {
		w.meter.enter(phaseStalled, now)
	} else {
		w.meter.enter(phaseIdle, now)
	}
	w.timer.Reset(max(0, w.wakeAt().Sub(now)))
	select {
	case <-ctx.Done():
	case <-w.timer.C:
	case err := <-w.commits.done:
		return w.committed(err)
	case a := <-in.arrivals[0]:
		return w.arrived(a)
	case a := <-in.arrivals[1]:
		return w.arrived(a)
	case l := <-in.prepared[0]:
		w.isPrepared(l)
	case l := <-in.prepared[1]:
		w.isPrepared(l)
	case <-w.merge.lead.applied:
		w.leadApplied()
	case h := <-w.restorer.handed:
		return w.adopt(ctx, h)
	case f := <-w.commands:
		f()
	}
	return nil
}

// arrived puts chunks into their lanes.
func (w *worker) arrived(a arrival) error {
	if a.err != nil {
		w.fetchErr = a.err
	}
	for _, c := range a.chunks {
		w.arrivals++
		l := w.laneOf[c.Info().TopicPartition]
		if apart, ok := c.(pipeline.ApartChunk); ok && l.merged() {
			// It may wait for long, and would keep the memory of all that came with it.
			apart.Apart()
		}
		l.add(c, w.arrivals)
		l.arrived = w.run.cfg.Now()
	}
	for _, c := range a.chunks {
		if err := w.fill(w.laneOf[c.Info().TopicPartition]); err != nil {
			return err
		}
	}
	return nil
}

// isPrepared lets a lane go on.
func (w *worker) isPrepared(l *lane) {
	l.preparing = false
	w.place(l)
}

// leadApplied lets what waited for tables go on. What was committed meanwhile is followed next.
func (w *worker) leadApplied() {
	w.merge.lead.isApplied(w.merge.newest, w.run.pace.moved())
	w.merge.lead.follow(w)
}

// earlier is the first of two times.
func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// later is the second of two times.
func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// wakeAt is when the next tick or commit is due. A loop that slept longer would commit late; one that
// woke earlier would find nothing to do.
func (w *worker) wakeAt() time.Time {
	at := w.nextTick
	if w.commits.state == commitSent {
		return at // its end wakes us
	}
	free := w.lastCommit.Add(w.run.cfg.UrgentInterval)
	if w.touched {
		at = earlier(at, later(free, w.lastOrdinary.Add(w.run.cfg.CommitInterval)))
	}
	if w.urgent {
		at = earlier(at, free)
	}
	return at
}
