package pipeline

import (
	"errors"
	"fmt"
	"strconv"
)

// TaskID names a task: its role and the one source partition that it reads.
type TaskID struct {
	Role   string
	Source TopicPartition
}

// String is the form in logs and errors: role, topic and partition.
func (id TaskID) String() string {
	return id.Role + "/" + id.Source.Topic + "/" + strconv.Itoa(int(id.Source.Partition))
}

// Environment is what a task must know of the cluster and the process. Partitions and TopicID may do
// I/O: they are called while the task is built, and for its outputs. Everything else is called from
// steps and must return at once.
type Environment struct {
	// Partitions is how many partitions an output topic has. An error makes the task's building fail.
	Partitions func(topic string) (int32, error)
	// TopicID gives a topic's UUID, zero where there is none; a topic that was deleted and made again
	// has another. It may be nil.
	TopicID func(topic string) [16]byte
	// Table gives the process's table of a topic, nil where it holds none.
	Table func(topic string) *LiveTable
	// Copy gives a task's copy of its changelog on this machine, nil for none; it may itself be nil.
	Copy func(id TaskID) Copy
	// OutputRefused hears of every state that is too large to be sent, and is left out. It may be nil.
	OutputRefused func(tp TopicPartition, size int)
	// Failed hears of every record that its processor could not use. It may be nil.
	Failed func(source TopicPartition, offset int64, reason string)
	// Count and Trace are those of runner.Events; both may be nil.
	Count func(id TaskID, name, reason string)
	Trace func(id TaskID, offset int64, parent []byte) (child []byte, end func())
	// Orders: between checkpoints commits write order records.
	Orders bool
	// Build identifies the program, so that a replay can say whose commits they were; 0: not known.
	Build uint64
	// OnReplayDifference is runner.Config's.
	OnReplayDifference OnReplayDifference
}

// Output is an output topic declared in Role.New. The zero value is no output: to emit to it fails the
// step. It is a number, so that the record path looks nothing up by name.
type Output struct{ index uint16 }

// output is a declared output as the task has it.
type output struct {
	topic      string
	partitions int32
	// hash is of topic, made once.
	hash outputHash
}

// Setup is what Role.New gets: the identity of the task, and the place to declare its outputs, stores
// and tables. It is of no use once New has returned, but for Epoch and EventTime. What cannot be
// declared is noted, and makes the building of the task fail with all problems at once: operators need
// not check each call.
type Setup struct {
	id      TaskID
	env     Environment
	outputs []output
	stores  []Store
	tables  []*LiveTable
	// epoch points into the task: it changes when the task resumes.
	epoch  *int32
	copy   Copy
	during func(Channels) Time
	// kinds says who has a kind of timers.
	kinds map[uint8]string
	// span is the longest of Span, and spanOf whose that is.
	span   Time
	spanOf string
	errs   []error
}

// Task returns the identity of the task.
func (s *Setup) Task() TaskID { return s.id }

// Copy returns the task's copy of its changelog on this machine, nil where state is in memory only.
func (s *Setup) Copy() Copy { return s.copy }

// Output declares that the task writes to topic. A topic that is not there makes New's task fail: a
// record for it would fail the first commit, and each one after. Declared twice it is the same output.
func (s *Setup) Output(topic string) Output {
	for i := range s.outputs {
		if s.outputs[i].topic == topic {
			return Output{uint16(i + 1)}
		}
	}
	n, err := s.env.Partitions(topic)
	if err != nil {
		s.errs = append(s.errs, fmt.Errorf("output topic %s: %w", topic, err))
		n = 1
	}
	out := output{topic: topic, partitions: n}
	out.hash.text(topic)
	s.outputs = append(s.outputs, out)
	return Output{uint16(len(s.outputs))}
}

// Partitions returns how many partitions the output's topic has.
func (s *Setup) Partitions(o Output) int32 { return s.outputs[o.index-1].partitions }

// TopicID returns the UUID of a topic, zero where the cluster gives none. What is kept outside of the
// cluster, such as a copy, is only good for the topic of that id.
func (s *Setup) TopicID(topic string) [16]byte {
	if s.env.TopicID == nil {
		return [16]byte{}
	}
	return s.env.TopicID(topic)
}

// Register declares a keyed store. Its name is unique in the role and never changes: it is part of
// every changelog key, and a store with another name begins empty. Stores are restored and written in
// the order of their declaration.
func (s *Setup) Register(st Store) {
	if err := s.checkStore(st.Name()); err != nil {
		s.errs = append(s.errs, err)
		return
	}
	s.stores = append(s.stores, st)
}

// checkStore refuses names that could not be told apart from others in a changelog key.
func (s *Setup) checkStore(name string) error {
	if name == "" || name[0] == engineStores || indexByte(name, 0) >= 0 {
		return fmt.Errorf("store name %q: must not be empty, begin with ~ or hold a zero byte", name)
	}
	for _, other := range s.stores {
		if other.Name() == name {
			return fmt.Errorf("store name %q: declared twice", name)
		}
	}
	return nil
}

// indexByte is where c is in s, -1 where it is not.
func indexByte(s string, c byte) int {
	for i := range len(s) {
		if s[i] == c {
			return i
		}
	}
	return -1
}

// TimerKinds says that owner sets timers of n kinds from first on, and passes over those of others. A kind
// that somebody of the task has already makes New's task fail: each would move the other's timers.
func (s *Setup) TimerKinds(owner string, first, n uint8) {
	if s.kinds == nil {
		s.kinds = make(map[uint8]string)
	}
	for kind := first; kind-first < n; kind++ {
		if other, taken := s.kinds[kind]; taken {
			s.errs = append(s.errs, fmt.Errorf("timer kind %d of %s: is that of %s", kind, owner, other))
			continue
		}
		s.kinds[kind] = owner
	}
}

// Span says that owner keeps a result back for up to span of event time after the newest record that it
// takes in: a window for its size and its allowed lateness. What ends the input has to force watermarks
// at least this far, or the result never comes; the longest span of a task is Task.Span.
func (s *Setup) Span(owner string, span Time) {
	if span > s.span {
		s.span, s.spanOf = span, owner
	}
}

// Table returns the process-wide table of a topic named in Role.Tables, nil for any other topic.
func (s *Setup) Table(topic string) Table {
	var live *LiveTable
	if s.env.Table != nil {
		live = s.env.Table(topic)
	}
	if live == nil {
		s.errs = append(s.errs, fmt.Errorf("table topic %s: not declared in Role.Tables", topic))
		return nil
	}
	s.tables = append(s.tables, live)
	return live.Table
}

// Epoch is the assignment count of the task, kept in its state: 0 while New runs, then fixed for
// the life of the Processor. Context.Epoch is the same.
func (s *Setup) Epoch() int32 { return *s.epoch }

// EventTime is the event time of what the task is doing: of the record in process, once
// Context.ObserveEventTime has said it, or of the timer that fires; else the watermark over ch, MinTime
// as long as there is none.
func (s *Setup) EventTime(ch Channels) Time { return s.during(ch) }

// err is every problem of the declarations, nil for none.
func (s *Setup) err() error { return errors.Join(s.errs...) }
