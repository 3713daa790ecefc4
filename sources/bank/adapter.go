package bank

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"

	_ "time/tzdata" // the log's zone, on machines that have no zones

	"github.com/attune-health/attune/schemas"
	"github.com/attune-health/attune/sources"
)

// Format is the name of the format, and the CloudEvents source of its touchpoints.
const Format = "technion-bank"

// bankStep says which stage of a call a touchpoint tells.
type bankStep uint8

const (
	stepMenu bankStep = iota
	stepQueued
	stepAbandoned
	stepAnswered
	stepEnded
	stepDisposition
)

var stepEvents = [...]schemas.CallEvent{
	stepMenu:        schemas.CallEventSelfService,
	stepQueued:      schemas.CallEventQueued,
	stepAbandoned:   schemas.CallEventAbandoned,
	stepAnswered:    schemas.CallEventAnswered,
	stepEnded:       schemas.CallEventEnded,
	stepDisposition: schemas.CallEventDisposition,
}

// at is when a step happened, and whether it did. A row that the bank marked as no
// call has only a disposition. Some rows end a stage before they begin it: the
// earlier time counts.
func (r *bankRow) at(s bankStep) (schemas.Millis, bool) {
	real := r.outcome != outcomePhantom
	switch s {
	case stepMenu:
		return min(r.entry, r.exit), real
	case stepQueued:
		return min(r.queued, r.left), real && r.wait > 0
	case stepAbandoned:
		return r.left, real && r.abandoned()
	case stepAnswered:
		return min(cmp.Or(r.served, r.known), cmp.Or(r.ended, r.known)), r.outcome == outcomeAgent
	case stepEnded:
		return cmp.Or(r.ended, r.known), r.outcome == outcomeAgent
	default:
		return r.known, true
	}
}

// abandoned says whether the customer hung up in the queue. Most who hung up never
// got that far: they left the voice menu.
func (r *bankRow) abandoned() bool { return r.outcome == outcomeHang && r.wait > 0 }

// reader delivers the touchpoints of rows that are all in memory.
type reader struct {
	files []string
	rows  []bankRow
	steps []bankRecord
	next  int

	touchpoint schemas.Touchpoint
	text       []byte
}

// bankRecord is one touchpoint to deliver: a step of a row. The touchpoint itself
// is built only when it is read.
type bankRecord struct {
	at   schemas.Millis
	row  int32
	step bankStep
}

// Open reads the files as one log.
func Open(files []string, o sources.Options) (sources.Reader, error) {
	if err := o.Validate(files); err != nil {
		return nil, err
	}
	b := &reader{files: files}
	p, err := newParser()
	if err != nil {
		return nil, err
	}
	for i, file := range files {
		if err := b.read(p, i, file); err != nil {
			return nil, err
		}
	}
	for i := range b.rows {
		for s := stepMenu; s <= stepDisposition; s++ {
			if at, happened := b.rows[i].at(s); happened {
				b.steps = append(b.steps, bankRecord{at: at, row: int32(i), step: s})
			}
		}
	}
	if o.Order == sources.OrderEvent {
		slices.SortStableFunc(b.steps, func(x, y bankRecord) int { return cmp.Compare(x.at, y.at) })
	}
	return b, nil
}

// maxProblems bounds the bad rows that an error lists: a file of another format has
// nothing else.
const maxProblems = 10

func (b *reader) read(p *parser, file int, name string) error {
	var problems []error
	bad := 0
	err := sources.EachLine(name, func(number int, line []byte) error {
		if number == 1 {
			if !bytes.Equal(line, []byte(header)) {
				return errors.New("line 1: not the header of the bank's log (vru+line, call_id ... server, separated by tabs): is it another format?")
			}
			return nil
		}
		if len(line) == 0 {
			return nil
		}
		r, err := p.row(line)
		if err != nil {
			if bad++; bad <= maxProblems {
				problems = append(problems, fmt.Errorf("line %d: %w", number, err))
			}
			return nil
		}
		r.file, r.number = int32(file), int32(number)
		b.rows = append(b.rows, r)
		return nil
	})
	if err == nil && bad > 0 {
		err = fmt.Errorf("read %s: %d rows cannot be read; correct or remove them: %w", name, bad, errors.Join(problems...))
	}
	return err
}

// Next returns the next touchpoint.
func (b *reader) Next() (sources.Record, error) {
	if b.next == len(b.steps) {
		return sources.Record{}, io.EOF
	}
	s := b.steps[b.next]
	b.next++
	r := &b.rows[s.row]
	b.fill(r, s)
	return sources.Record{
		Topic: schemas.TopicTouchpointsCall, Key: []byte(b.touchpoint.ContactID.V), Touchpoint: &b.touchpoint,
		File: b.files[r.file], Line: int(r.number),
	}, nil
}

// fill builds the touchpoint of one step. The ids of call and event share one text,
// source/line.call.step.
func (b *reader) fill(r *bankRow, s bankRecord) {
	b.text = append(b.text[:0], Format...)
	b.text = append(b.text, '/')
	b.text = append(append(append(b.text, r.line...), '.'), r.call...)
	end := len(b.text)
	b.text = append(append(b.text, '.'), stepEvents[s.step].String()...)
	event := string(b.text)
	call := event[len(Format)+1 : end]

	t := &b.touchpoint
	who := schemas.Identifier{Kind: schemas.IdentifierKindMember, Value: schemas.Protected(r.customer)}
	if r.customer == "" {
		who = schemas.Identifier{Kind: schemas.IdentifierKindContact, Value: schemas.Protected(call)}
	}
	*t = schemas.Touchpoint{
		EventID: event, OccurredAt: s.at, ReceivedAt: max(s.at, r.receivedAt(s.step)), Channel: schemas.ChannelCall,
		Identifiers: append(t.Identifiers[:0], who), ContactID: schemas.Some(call),
		Body: schemas.TouchpointBody{Kind: schemas.TouchpointBodyCall},
	}
	r.fillCall(&t.Body.Call, s.step)
}

// receivedAt is when the bank's system learned of the step. Of the menu it learned
// when the menu ended.
func (r *bankRow) receivedAt(s bankStep) schemas.Millis {
	if s == stepMenu {
		return r.exit
	}
	return 0
}

func (r *bankRow) fillCall(c *schemas.Call, s bankStep) {
	c.Event, c.Queue, c.Priority = stepEvents[s], r.line, r.priority
	const second = 1000
	switch s {
	case stepMenu:
		c.SelfServiceMs = int64(r.menu) * second
	case stepAbandoned:
		c.WaitMs = int64(r.wait) * second
	case stepAnswered:
		c.WaitMs = int64(r.wait) * second
		c.Agent = r.agent()
	case stepEnded:
		c.TalkMs = int64(r.talk) * second
		c.Agent = r.agent()
	case stepDisposition:
		c.Reason, c.Phantom = r.reason, r.outcome == outcomePhantom
		c.SelfServiceMs, c.WaitMs = int64(r.menu)*second, int64(r.wait)*second
		c.Queued, c.Abandoned, c.Answered = r.wait > 0, r.abandoned(), r.outcome == outcomeAgent
		if c.Answered {
			c.TalkMs = int64(r.talk) * second
			c.Agent = r.agent()
		}
	}
}

func (r *bankRow) agent() schemas.Opt[schemas.Protected] {
	if r.server == "" {
		return schemas.Opt[schemas.Protected]{}
	}
	return schemas.Some(schemas.Protected(r.server))
}
