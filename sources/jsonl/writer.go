package jsonl

import (
	"bufio"
	"context"
	"fmt"
	"io"

	"github.com/attune-health/attune/schemas"
)

// writerSchema is the number under which a Writer knows the touchpoint's schema.
const writerSchema = 1

// Writer writes touchpoints as format touchpoints-jsonl. The file names patients:
// nothing is redacted.
type Writer struct {
	out    *bufio.Writer
	viewer *schemas.Viewer
	frame  []byte
	line   []byte
}

// NewWriter makes a writer. After Flush the caller closes w.
func NewWriter(w io.Writer) (*Writer, error) {
	viewer, err := schemas.NewViewer(schemas.SchemaTexts{writerSchema: schemas.TouchpointSchema})
	if err != nil {
		return nil, fmt.Errorf("prepare to write touchpoints: %w", err)
	}
	return &Writer{out: bufio.NewWriterSize(w, 1<<16), viewer: viewer}, nil
}

// Write writes one touchpoint.
func (w *Writer) Write(t *schemas.Touchpoint) error {
	w.frame = schemas.AppendFramed(w.frame[:0], writerSchema, t)
	line, err := w.viewer.AppendJSON(context.Background(), w.line[:0], w.frame, true)
	if err != nil {
		return fmt.Errorf("write touchpoint as JSON: %w", err)
	}
	w.line = append(line, '\n')
	if _, err := w.out.Write(w.line); err != nil {
		return fmt.Errorf("write touchpoint: %w", err)
	}
	return nil
}

// Flush hands everything to the underlying writer.
func (w *Writer) Flush() error {
	if err := w.out.Flush(); err != nil {
		return fmt.Errorf("flush touchpoints: %w", err)
	}
	return nil
}
