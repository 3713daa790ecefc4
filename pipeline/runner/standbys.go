package runner

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/attune-health/attune/pipeline"
)

// standbys are the standbys of the process: tasks of other members whose changelogs it follows, so that
// it can go on with them soon when their owner is lost. They cost memory and reading, and no output
// depends on them; what fails here is told, and never ends the runner.
//
// While a generation is worked on they belong to the goroutine of follow, between two to that of the
// generations. So nothing here needs a lock.
type standbys struct {
	// run gives configuration and cluster.
	run *Runner
	// held has what is held of each task, by its source partition; nil is a task that is to be held and
	// has not been opened.
	held map[pipeline.TopicPartition]*standby
	// broken are tasks that the process cannot hold, such as with a changelog that it cannot read. They
	// are not tried again: the same bytes would fail in the same way in each generation.
	broken map[pipeline.TopicPartition]bool
}

// standbyLook is the time between looks at the ends of changelogs in which nothing happens. A look
// renews standby.at: without it a quiet changelog would be read anew after longestStood, though nothing
// is missing.
const standbyLook = time.Hour

// take hands over what there is of a task that the process has been given, nil for nothing. It is not
// held any more.
func (s *standbys) take(source pipeline.TopicPartition) *standby {
	held := s.held[source]
	delete(s.held, source)
	return held
}

// give takes what was read for a task that the process lost before it ran. Whether it is kept is
// decided by the plan of the next generation.
func (s *standbys) give(source pipeline.TopicPartition, held *standby) {
	if held != nil && s.run.cfg.Standbys > 0 {
		s.held[source] = held
	}
}

// sources lists the tasks of which something is held, for the group to know: the balancer prefers such
// a member when their owner is lost.
func (s *standbys) sources() []pipeline.TopicPartition {
	all := slices.SortedFunc(maps.Keys(s.held), compareTP)
	return slices.DeleteFunc(all, func(tp pipeline.TopicPartition) bool { return s.held[tp] == nil })
}

// follow reads along with the owners of tasks until the generation ends: of those that this member is
// to stand by for. What fails is tried again, or given up: no task waits for it. Where a single standby
// breaks, the others go on; any other error ends following until the next generation.
func (s *standbys) follow(ctx context.Context, gen pipeline.Generation) {
	members, ok := gen.(pipeline.GroupMembers)
	if !ok || s.run.cfg.Standbys <= 0 {
		return
	}
	// Members say what they hold; that, and the assignment, is all that the plan depends on.
	all, err := retried(ctx, &s.run.cfg, func() ([]pipeline.GroupMember, error) { return members.Members(ctx) })
	if err != nil {
		s.run.cfg.Events.standbyFailed(err)
		return
	}
	if ctx.Err() != nil {
		return
	}
	s.choose(planStandbys(all, s.run.cfg.Standbys, s.run.stateful)[gen.MemberID()])
	// read returns after an hour in which nothing happened, or when a standby broke, and begins anew.
	for ctx.Err() == nil && len(s.held) > 0 {
		_, err := retried(ctx, &s.run.cfg, func() (struct{}, error) { return struct{}{}, s.read(ctx) })
		if err != nil && ctx.Err() == nil {
			s.run.cfg.Events.standbyFailed(err)
			if !errors.Is(err, errStandbyBroken) {
				return
			}
		}
	}
}

// stateful reports whether the task of a source partition has a changelog. Others need no standby: they
// can begin anywhere at once.
func (r *Runner) stateful(source pipeline.TopicPartition) bool {
	role := r.cfg.Topology.RoleOf(source.Topic)
	return role != nil && role.Changelog != ""
}

// choose drops standbys that are not wanted and makes room for those that are. A standby is worth as
// much memory as a task, so that what the plan does not name is not kept in case.
func (s *standbys) choose(wanted []pipeline.TopicPartition) {
	// What is dropped is gone with its memory. If the plan wants it back it is read from the beginning.
	for tp, held := range s.held {
		if slices.Contains(wanted, tp) {
			continue
		}
		delete(s.held, tp)
		if held != nil {
			s.run.cfg.Events.standby(held.task.ID(), -1)
		}
	}
	for _, tp := range wanted {
		if _, ok := s.held[tp]; !ok && !s.broken[tp] {
			s.held[tp] = nil
		}
	}
}

// errStandbyBroken marks an error after which the other standbys go on.
var errStandbyBroken = errors.New("a standby is given up")

// giveUp drops a standby for as long as the process lives: its owner will say what is wrong. A
// transient error is passed on as it is, and drops nothing.
func (s *standbys) giveUp(source pipeline.TopicPartition, err error) error {
	if pipeline.KindOf(err) == pipeline.KindTransient {
		return err
	}
	if held := s.held[source]; held != nil {
		s.run.cfg.Events.standby(held.task.ID(), -1)
	}
	delete(s.held, source)
	s.broken[source] = true
	return fmt.Errorf("%w: %w", errStandbyBroken, err)
}

// read follows the changelogs of all standbys until ctx ends, something fails, or nothing has happened
// for long, after which the caller begins anew with a look at the ends. One fetcher follows all, so
// that the memory for fetching does not grow with their number. Read committed, it never sees what an
// owner has not committed; a changelog that has an open transaction is behind for a moment.
func (s *standbys) read(ctx context.Context) error {
	positions, sources, err := s.open(ctx)
	if err != nil {
		return err
	}
	f := s.run.cfg.Cluster.NewFetcher(s.run.cfg.reader())
	defer f.Close()
	// A changelog is followed from where its standby stands, and not to an end: the owner goes on writing.
	f.Assign(positions)
	var r pipeline.Record
	for ctx.Err() == nil {
		chunks, err := s.poll(ctx, f)
		if err != nil || chunks == nil {
			return err
		}
		for i, c := range chunks {
			source := sources[c.Info().TopicPartition]
			// The record is used anew for each: the standby copies what it keeps.
			if err := s.chunk(source, c, &r); err != nil {
				release(chunks[i:])
				return s.giveUp(source, err)
			}
			c.Release()
		}
	}
	return nil
}

// poll returns no chunks, and no error, when it is time to look at the ends.
func (s *standbys) poll(ctx context.Context, f pipeline.Fetcher) ([]pipeline.Chunk, error) {
	waiting, cancel := context.WithTimeout(ctx, standbyLook)
	defer cancel()
	chunks, err := f.Poll(waiting)
	// Nothing came for the time of a look, or the generation has ended; the caller tells the two apart.
	if err != nil && waiting.Err() != nil {
		return nil, nil
	}
	return chunks, err
}

// open makes what is missing and finds where to read each changelog from; sources maps changelog
// partitions back to the tasks. It goes in the order of partitions, because tasks that are made draw on
// what the process shares, and each run of a seed has to be the same. Ends are looked up before starts,
// as tail does it.
func (s *standbys) open(ctx context.Context) (positions map[pipeline.TopicPartition]int64, sources map[pipeline.TopicPartition]pipeline.TopicPartition, err error) {
	sources = make(map[pipeline.TopicPartition]pipeline.TopicPartition)
	var logs []pipeline.TopicPartition
	for _, source := range slices.SortedFunc(maps.Keys(s.held), compareTP) {
		held := s.held[source]
		if err := s.run.stand(&held, s.run.cfg.Topology.RoleOf(source.Topic), source); err != nil {
			return nil, nil, s.giveUp(source, err)
		}
		s.held[source] = held
		logs = append(logs, held.task.Changelog())
		sources[held.task.Changelog()] = source
	}
	// One time for all, from before the ends were asked: younger than it a standby cannot be.
	now := s.run.now()
	ends, err := s.run.cfg.Cluster.EndOffsets(ctx, logs)
	if err != nil {
		return nil, nil, fmt.Errorf("end offsets: %w", err)
	}
	starts, err := s.run.cfg.Cluster.StartOffsets(ctx, logs)
	if err != nil {
		return nil, nil, fmt.Errorf("start offsets: %w", err)
	}
	positions = make(map[pipeline.TopicPartition]int64)
	for _, log := range logs {
		held := s.held[sources[log]]
		if positions[log], err = s.run.open(&held, pipeline.ChangelogSpan{Start: starts[log], End: ends[log], Now: now}); err != nil {
			return nil, nil, s.giveUp(sources[log], err)
		}
		s.held[sources[log]] = held
	}
	return positions, sources, nil
}

// chunk takes in what one fetch brought of one changelog, and tells how far behind the end the standby
// is now.
func (s *standbys) chunk(source pipeline.TopicPartition, c pipeline.Chunk, r *pipeline.Record) error {
	held := s.held[source]
	for c.Next(r) {
		if err := held.task.Restore(r); err != nil {
			return err
		}
	}
	if err := c.Err(); err != nil {
		return err
	}
	info := c.Info()
	held.next = info.NextOffset
	behind := max(0, info.HighWatermark-info.NextOffset)
	// Only at the end is it known that no tombstone was missed up to now.
	if behind == 0 {
		held.at = s.run.now()
	}
	s.run.cfg.Events.standby(held.task.ID(), behind)
	return nil
}
