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

func (id TaskID) String() string {
	return id.Role + "/" + id.Source.Topic + "/" + strconv.Itoa(int(id.Source.Partition))
}

// Environment is what a task must know of the cluster and the process. Partitions and TopicID may do
// I/O: they are called while the task is built, and for its outputs.
type Environment struct {
	Partitions func(topic string) (int32, error)
	TopicID    func(topic string) [16]byte
	Table      func(topic string) *LiveTable // nil where the process holds no such table
	// Copy gives a task's copy of its changelog on this machine, nil for none; it may itself be nil.
	Copy func(id TaskID) Copy
	// Failed hears of every record that its processor could not use. It may be nil.
	Failed func(source TopicPartition, offset int64, reason string)
	Count  func(id TaskID, name, reason string)                                    // Events.Count; may be nil
	Trace  func(id TaskID, offset int64, parent []byte) (child []byte, end func()) // Events.Trace; may be nil
	// Orders: between checkpoints commits write order records. Build identifies the program, 0 where
	// that is not to be compared; AcceptNewBuild is runner.Config's.
	Orders         bool
	Build          uint64
	AcceptNewBuild bool
}

// Output is an output topic declared in Role.New. The zero value is no output.
type Output struct{ index uint16 }

type output struct {
	topic      string
	partitions int32
	hash       outputHash // of topic
}

// Setup is what Role.New gets: the identity of the task, and the place to declare its outputs,
// stores and tables. It is of no use once New has returned, but for Epoch and EventTime.
type Setup struct {
	id      TaskID
	env     Environment
	outputs []output
	stores  []Store
	tables  []*LiveTable
	epoch   *int32
	copy    Copy
	during  func(Channels) Time
	kinds   map[uint8]string // who has a kind of timers
	span    Time
	spanOf  string
	errs    []error
}

// Task returns the identity of the task.
func (s *Setup) Task() TaskID { return s.id }

// Copy returns the task's copy of its changelog on this machine, nil where state is in memory only.
func (s *Setup) Copy() Copy { return s.copy }

// Output declares that the task writes to topic. A topic that is not there makes New's task fail.
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

// TopicID returns the UUID of a topic, zero where the cluster gives none.
func (s *Setup) TopicID(topic string) [16]byte {
	if s.env.TopicID == nil {
		return [16]byte{}
	}
	return s.env.TopicID(topic)
}

// Register declares a keyed store. Its name is unique in the role and never changes: it is part of
// every changelog key.
func (s *Setup) Register(st Store) {
	if err := s.checkStore(st.Name()); err != nil {
		s.errs = append(s.errs, err)
		return
	}
	s.stores = append(s.stores, st)
}

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

func (s *Setup) err() error { return errors.Join(s.errs...) }
