package runner

import (
	"github.com/attune-health/attune/pipeline"
)

const (
	// aheadRecords is how many records are decoded before they are processed: enough for a core to wait
	// for all of what they need at once.
	aheadRecords = 16
	// laneChunks is how many chunks of a partition may wait before it is paused: one that is worked on,
	// and the next. One more may be under way.
	laneChunks = 2
)

// lane is what a worker has of one partition: chunks in the order of their arrival, and the next
// records, decoded. Each partition has its own, so that one that waits holds up no other. The worker's
// goroutine alone uses it.
type lane struct {
	// tp is the partition, feed what reads it.
	tp pipeline.TopicPartition
	// task is nil where the records are broadcast.
	task *workerTask
	feed *feed

	// chunks wait; the first is perhaps used in part.
	chunks []pipeline.Chunk
	// places are those of chunks in the order in which the worker's chunks arrived.
	places []uint64
	// paused: the fetcher does not ask for the partition.
	paused bool
	// records[next:n] are decoded and to be processed. They alias the first chunk.
	records [aheadRecords]pipeline.Record
	next, n int
	// ended: the first chunk has no more than those.
	ended bool

	// preparing: records wait for something from outside.
	preparing bool
	// timed is the lane's place in the merge by time, if it is merged.
	timed
}

// merged reports whether the lane's records are put into one order with those of others.
func (l *lane) merged() bool { return l.times != nil }

// ready reports whether there are records to process.
func (l *lane) ready() bool { return l.next < l.n && !l.preparing }

// add takes a chunk that has arrived.
func (l *lane) add(c pipeline.Chunk, place uint64) {
	info := c.Info()
	l.chunks, l.places = append(l.chunks, c), append(l.places, place)
	l.heard, l.more = true, info.NextOffset < info.LastStable
	l.pause()
}

// drop releases the first chunk, which has been used up.
func (l *lane) drop() {
	l.chunks[0].Release()
	l.chunks[0] = nil
	l.chunks, l.places = l.chunks[1:], l.places[1:]
	l.ended = false
	l.pause()
}

// clear gives back every chunk: what was not processed is fetched again, from the task's position.
func (l *lane) clear() {
	release(l.chunks)
	l.chunks, l.places, l.next, l.n, l.ended, l.preparing = nil, nil, 0, 0, false, false
}

// pause holds the fetcher back while enough chunks wait.
func (l *lane) pause() {
	if p := len(l.chunks) >= laneChunks; p != l.paused {
		l.paused = p
		l.feed.fetcher.Pause(l.tp, p)
	}
}

// decode decodes the next records of the first chunk, as many as hold together: some chunks use their
// buffer anew for each record.
func (l *lane) decode() {
	c := l.chunks[0]
	stable, ok := c.(pipeline.StableChunk)
	l.next, l.n = 0, 0
	for l.n < aheadRecords {
		if !c.Next(&l.records[l.n]) {
			l.ended = true
			return
		}
		l.n++
		if !ok || !stable.Stable() {
			return
		}
	}
}

// missing begins to get what the decoded records need from outside.
func (l *lane) missing() {
	if l.task == nil || l.n == 0 {
		return
	}
	if get := l.task.role.Missing(l.records[:l.n]); get != nil {
		l.preparing = true
		l.feed.prepare(l, get)
	}
}
