package jsonl

import (
	"bufio"
	"fmt"
	"io"

	"github.com/attune-health/attune/schemas"
)

// Writer writes records as format touchpoints-jsonl. The file names patients: nothing
// is redacted.
type Writer struct {
	out    *bufio.Writer
	viewer *schemas.Viewer
	of     map[string]schemas.Definition
	line   []byte
}

// NewWriter makes a writer. After Flush the caller closes w.
func NewWriter(w io.Writer) (*Writer, error) {
	x := &Writer{out: bufio.NewWriterSize(w, 1<<16), of: map[string]schemas.Definition{}}
	for _, name := range []string{"Touchpoint", "IdentityLink", "Consent"} {
		d, ok := schemas.DefinitionOf(name)
		if !ok {
			return nil, fmt.Errorf("no record %s", name)
		}
		x.of[name] = d
	}
	var err error
	if x.viewer, err = schemas.NewViewer(schemas.SchemaTexts{}); err != nil {
		return nil, fmt.Errorf("prepare to write records: %w", err)
	}
	return x, nil
}

// Write writes one touchpoint.
func (w *Writer) Write(t *schemas.Touchpoint) error { return w.write("Touchpoint", "", t) }

// WriteLink writes one identity link.
func (w *Writer) WriteLink(l *schemas.IdentityLink) error {
	return w.write("IdentityLink", fieldLink, l)
}

// WriteConsent writes one consent.
func (w *Writer) WriteConsent(c *schemas.Consent) error { return w.write("Consent", fieldConsent, c) }

// write writes a record, within a field of that name unless it is empty.
func (w *Writer) write(record, field string, v schemas.Record) error {
	line := w.line[:0]
	if field != "" {
		line = append(append(append(line, `{"`...), field...), `":`...)
	}
	line, err := w.viewer.AppendRecord(line, w.of[record], v, true)
	if err != nil {
		return fmt.Errorf("write %s as JSON: %w", record, err)
	}
	if field != "" {
		line = append(line, '}')
	}
	w.line = append(line, '\n')
	if _, err := w.out.Write(w.line); err != nil {
		return fmt.Errorf("write %s: %w", record, err)
	}
	return nil
}

// Flush hands everything to the underlying writer.
func (w *Writer) Flush() error {
	if err := w.out.Flush(); err != nil {
		return fmt.Errorf("flush records: %w", err)
	}
	return nil
}
