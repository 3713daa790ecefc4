package sources

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/attune-health/attune/schemas"
)

// Order is the order in which records are delivered.
type Order string

// The orders of delivery.
const (
	// OrderEvent is by event time; records of equal times keep the order of the
	// files.
	OrderEvent Order = "event"
	// OrderFile is the order of the files. It tests what the pipeline does with
	// late records.
	OrderFile Order = "file"
)

// Options say how a log is read. The zero value is the usual way.
type Options struct {
	// Order defaults to OrderEvent, which holds the log in memory.
	Order Order
}

// Record is one record of a log. What it points to is valid until the next one is
// read.
type Record struct {
	// Topic is the source topic that the record belongs to.
	Topic string
	// Key is the record's key: the call's id, or nil.
	Key []byte
	// One of Touchpoint, Link and Consent is what was read. All are nil where the line
	// could not be read: Raw is then the line, to be produced as it is, and Problem
	// says what is wrong with it, without a value of the line.
	Touchpoint *schemas.Touchpoint
	Link       *schemas.IdentityLink
	Consent    *schemas.Consent
	Raw        []byte
	Problem    string
	// File and Line say where the record was read; the first line is 1.
	File string
	Line int
}

// Reader reads a log. It is not safe for concurrent use.
type Reader interface {
	// Next returns the next record, or io.EOF after the last.
	Next() (Record, error)
}

// Validate reports every problem of reading these files with these options, and
// fills in the default order.
func (o *Options) Validate(files []string) error {
	if o.Order == "" {
		o.Order = OrderEvent
	}
	if o.Order != OrderEvent && o.Order != OrderFile {
		return fmt.Errorf("order %q: must be %s or %s", o.Order, OrderEvent, OrderFile)
	}
	if len(files) == 0 {
		return errors.New("no file to read")
	}
	return nil
}

// maxLine bounds a line, and so the memory that a damaged file can take. A longer
// one is refused.
const maxLine = 16 << 20

// EachLine calls each with every line of a file, plain or gzip, numbered from 1 and
// without the line break. The line is valid until each returns.
func EachLine(file string, each func(number int, line []byte) error) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := scan(f, each); err != nil {
		return fmt.Errorf("read %s: %w", file, err)
	}
	return nil
}

func scan(r io.Reader, each func(number int, line []byte) error) error {
	buffered := bufio.NewReaderSize(r, 1<<16)
	var plain io.Reader = buffered
	if magic, err := buffered.Peek(2); err == nil && magic[0] == 0x1f && magic[1] == 0x8b {
		unpacked, err := gzip.NewReader(buffered)
		if err != nil {
			return err
		}
		plain = unpacked
	}
	lines := bufio.NewScanner(plain)
	lines.Buffer(make([]byte, 1<<16), maxLine)
	n := 0
	for lines.Scan() {
		n++
		if err := each(n, bytes.TrimSuffix(lines.Bytes(), []byte("\r"))); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("line %d: %w", n+1, err)
	}
	return nil
}
