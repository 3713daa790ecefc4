package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/attune-health/attune/benchmarks/journeys"
	"github.com/attune-health/attune/schemas"
)

// recordNames are the schemas of what a recording holds.
var recordNames = map[journeys.Kind]string{
	journeys.KindTouchpoint: "Touchpoint", journeys.KindLink: "IdentityLink", journeys.KindConsent: "Consent",
}

// recorded is one line of a recording. Records are in JSON, so that builds with other schemas can
// read them, and be measured with the same input.
type recorded struct {
	At     schemas.Millis  `json:"at"`
	Kind   journeys.Kind   `json:"kind"`
	Topic  string          `json:"topic"`
	Key    []byte          `json:"key"`
	Record json.RawMessage `json:"record"`
}

// recordOf is the record of an event.
func recordOf(e *journeys.Event) schemas.Record {
	switch e.Kind {
	case journeys.KindTouchpoint:
		return e.Touchpoint
	case journeys.KindLink:
		return e.Link
	default:
		return e.Consent
	}
}

// recordingWriter writes a recording.
type recordingWriter struct {
	file   *os.File
	out    *bufio.Writer
	viewer *schemas.Viewer
}

func newRecordingWriter(name string) (*recordingWriter, error) {
	viewer, err := schemas.NewViewer(schemas.SchemaTexts{
		int32(journeys.KindTouchpoint): schemas.TouchpointSchema,
		int32(journeys.KindLink):       schemas.IdentityLinkSchema,
		int32(journeys.KindConsent):    schemas.ConsentSchema,
	})
	if err != nil {
		return nil, err
	}
	file, err := os.Create(name)
	if err != nil {
		return nil, err
	}
	return &recordingWriter{file: file, out: bufio.NewWriterSize(file, 1<<20), viewer: viewer}, nil
}

func (w *recordingWriter) write(e *journeys.Event) error {
	frame := schemas.AppendFramed(nil, int32(e.Kind), recordOf(e))
	text, err := w.viewer.AppendJSON(context.Background(), nil, frame, true)
	if err != nil {
		return err
	}
	line, err := json.Marshal(recorded{e.At, e.Kind, e.Topic, e.Key, text})
	if err != nil {
		return err
	}
	_, err = w.out.Write(append(line, '\n'))
	return err
}

func (w *recordingWriter) close() error { return errors.Join(w.out.Flush(), w.file.Close()) }

// recordingReader reads a recording.
type recordingReader struct {
	file    *os.File
	in      *bufio.Reader
	readers map[journeys.Kind]*schemas.JSONReader
}

func openRecording(name string) (*recordingReader, error) {
	r := &recordingReader{readers: map[journeys.Kind]*schemas.JSONReader{}}
	var err error
	for kind, record := range recordNames {
		if r.readers[kind], err = schemas.NewJSONReader(record); err != nil {
			return nil, err
		}
	}
	if r.file, err = os.Open(name); err != nil {
		return nil, err
	}
	r.in = bufio.NewReaderSize(r.file, 1<<20)
	return r, nil
}

// next reads one event.
func (r *recordingReader) next() (e journeys.Event, err error) {
	line, err := r.in.ReadBytes('\n')
	if err == io.EOF {
		return e, errors.New("the recording has no more touchpoints")
	}
	var l recorded
	if err := errors.Join(err, json.Unmarshal(line, &l)); err != nil {
		return e, err
	}
	e = journeys.Event{At: l.At, Kind: l.Kind, Topic: l.Topic, Key: l.Key}
	switch l.Kind {
	case journeys.KindTouchpoint:
		e.Touchpoint = new(schemas.Touchpoint)
	case journeys.KindLink:
		e.Link = new(schemas.IdentityLink)
	case journeys.KindConsent:
		e.Consent = new(schemas.Consent)
	default:
		return e, fmt.Errorf("no kind %d of record", l.Kind)
	}
	return e, r.readers[l.Kind].Read(l.Record, recordOf(&e))
}
