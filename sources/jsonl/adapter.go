package jsonl

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/attune-health/attune/schemas"
	"github.com/attune-health/attune/sources"
)

// Format is the name of the format.
const Format = "touchpoints-jsonl"

// Open reads the files as one log.
func Open(files []string, o sources.Options) (sources.Reader, error) {
	if err := o.Validate(files); err != nil {
		return nil, err
	}
	read, err := schemas.NewJSONReader("Touchpoint")
	if err != nil {
		return nil, fmt.Errorf("prepare to read touchpoints: %w", err)
	}
	r := &jsonlReader{files: files, read: read}
	for i, file := range files {
		err := sources.EachLine(file, func(number int, line []byte) error {
			if len(bytes.TrimSpace(line)) > 0 {
				r.add(i, number, line)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	if o.Order == sources.OrderEvent {
		slices.SortStableFunc(r.lines, func(x, y jsonLine) int { return cmp.Compare(x.at, y.at) })
	}
	return r, nil
}

// jsonlReader delivers touchpoints that are all in memory, in Avro.
type jsonlReader struct {
	files []string
	read  *schemas.JSONReader
	lines []jsonLine
	next  int

	// Event time and topic of the last line that could be read. A bad line takes
	// both.
	at    schemas.Millis
	topic string

	touchpoint schemas.Touchpoint
}

// jsonLine is one line: a touchpoint in Avro, or what could not be read.
type jsonLine struct {
	at           schemas.Millis
	value        []byte
	topic        string
	problem      string
	file, number int32
}

// add reads one line. A bad one takes time and topic of the good one before it,
// since it says neither itself.
func (r *jsonlReader) add(file, number int, line []byte) {
	l := jsonLine{file: int32(file), number: int32(number)}
	err := r.read.Read(line, &r.touchpoint)
	topic := schemas.TouchpointTopic(r.touchpoint.Channel)
	if err == nil && topic == "" {
		err = errors.New("unknown_channel: Touchpoint.channel must be " + schemas.ChannelNames())
	}
	if err == nil {
		r.at, r.topic = r.touchpoint.OccurredAt, topic
		l.value = r.touchpoint.AppendAvro(nil)
	} else {
		l.value, l.problem = unframed(line), problemOf(err)
	}
	l.at, l.topic = r.at, cmp.Or(r.topic, schemas.TopicTouchpointsWeb)
	r.lines = append(r.lines, l)
}

// problemOf says what is wrong with a line: the rule that it breaks, not its value.
func problemOf(err error) string {
	var wrong *schemas.RecordError
	if errors.As(err, &wrong) {
		return wrong.Error()
	}
	return err.Error()
}

// unframed is a line as bytes that nobody can take for a framed record, which
// begins with a zero.
func unframed(line []byte) []byte {
	if line[0] == 0 {
		return append([]byte{'?'}, line...)
	}
	return bytes.Clone(line)
}

// Next returns the next line.
func (r *jsonlReader) Next() (sources.Record, error) {
	if r.next == len(r.lines) {
		return sources.Record{}, io.EOF
	}
	l := &r.lines[r.next]
	r.next++
	record := sources.Record{Topic: l.topic, File: r.files[l.file], Line: int(l.number)}
	if l.problem != "" {
		record.Raw, record.Problem = l.value, l.problem
		return record, nil
	}
	if err := schemas.DecodeWhole(&r.touchpoint, l.value); err != nil {
		return sources.Record{}, fmt.Errorf("%s: line %d: %w", record.File, record.Line, err)
	}
	record.Touchpoint = &r.touchpoint
	if r.touchpoint.ContactID.OK {
		record.Key = []byte(r.touchpoint.ContactID.V)
	}
	return record, nil
}
