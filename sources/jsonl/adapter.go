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
	r, err := newReader(files)
	if err != nil {
		return nil, err
	}
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

// The fields that lines of other records than touchpoints consist of.
const (
	fieldLink    = "identity_link"
	fieldConsent = "consent"
)

// kind is what a line holds.
type kind uint8

const (
	kindTouchpoint kind = iota
	kindLink
	kindConsent
	kinds
)

// jsonlReader delivers records that are all in memory, in Avro.
type jsonlReader struct {
	files []string
	read  [kinds]*schemas.JSONReader
	lines []jsonLine
	next  int

	// Event time and topic of the last line that could be read. A bad line takes
	// both.
	at    schemas.Millis
	topic string

	touchpoint schemas.Touchpoint
	link       schemas.IdentityLink
	consent    schemas.Consent
}

// jsonLine is one line: a record in Avro, or what could not be read.
type jsonLine struct {
	kind         kind
	at           schemas.Millis
	value        []byte
	topic        string
	problem      string
	file, number int32
}

func newReader(files []string) (*jsonlReader, error) {
	r := &jsonlReader{files: files}
	for kind, name := range [kinds]string{"Touchpoint", "IdentityLink", "Consent"} {
		var err error
		if r.read[kind], err = schemas.NewJSONReader(name); err != nil {
			return nil, fmt.Errorf("prepare to read %s: %w", name, err)
		}
	}
	return r, nil
}

// add reads one line. A bad one takes time and topic of the good one before it,
// since it says neither itself.
func (r *jsonlReader) add(file, number int, line []byte) {
	l := jsonLine{file: int32(file), number: int32(number)}
	var err error
	if l.kind, err = r.take(line, &l); err != nil {
		l.value, l.problem = unframed(line), problemOf(err)
	}
	l.at, l.topic = r.at, cmp.Or(l.topic, r.topic, schemas.TopicTouchpointsWeb)
	r.lines = append(r.lines, l)
}

// take reads a line into the record that it holds.
func (r *jsonlReader) take(line []byte, l *jsonLine) (kind, error) {
	k, text := kindOf(line)
	switch k {
	case kindLink:
		if err := r.read[k].Read(text, &r.link); err != nil {
			return k, err
		}
		r.at, l.topic, l.value = r.link.OccurredAt, schemas.TopicIdentityLinks, r.link.AppendAvro(nil)
	case kindConsent:
		if err := r.read[k].Read(text, &r.consent); err != nil {
			return k, err
		}
		r.at, l.topic, l.value = r.consent.OccurredAt, schemas.TopicConsents, r.consent.AppendAvro(nil)
	default:
		if err := r.read[k].Read(text, &r.touchpoint); err != nil {
			return k, err
		}
		topic := schemas.TouchpointTopic(r.touchpoint.Channel)
		if topic == "" {
			return k, errors.New("unknown_channel: Touchpoint.channel must be " + schemas.ChannelNames())
		}
		r.at, r.topic, l.value = r.touchpoint.OccurredAt, topic, r.touchpoint.AppendAvro(nil)
	}
	return k, nil
}

// kindOf says what a line holds, and where in it.
func kindOf(line []byte) (kind, []byte) {
	for k, begins := range [kinds]string{kindLink: `{"` + fieldLink + `":`, kindConsent: `{"` + fieldConsent + `":`} {
		if rest, ok := bytes.CutPrefix(line, []byte(begins)); ok && begins != "" {
			return kind(k), bytes.TrimSuffix(bytes.TrimSpace(rest), []byte("}"))
		}
	}
	return kindTouchpoint, line
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
	if err := r.deliver(l, &record); err != nil {
		return sources.Record{}, fmt.Errorf("%s: line %d: %w", record.File, record.Line, err)
	}
	return record, nil
}

// deliver decodes a line into the record.
func (r *jsonlReader) deliver(l *jsonLine, record *sources.Record) error {
	switch l.kind {
	case kindLink:
		record.Link = &r.link
		return schemas.DecodeWhole(&r.link, l.value)
	case kindConsent:
		record.Consent = &r.consent
		return schemas.DecodeWhole(&r.consent, l.value)
	}
	record.Touchpoint = &r.touchpoint
	err := schemas.DecodeWhole(&r.touchpoint, l.value)
	if r.touchpoint.ContactID.OK {
		record.Key = []byte(r.touchpoint.ContactID.V)
	}
	return err
}
