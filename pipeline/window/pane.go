package window

import (
	"encoding/binary"
	"errors"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/state"
)

// Trigger is what made a pane be emitted.
type Trigger uint8

// The triggers.
const (
	Early     Trigger = iota + 1 // processing time, before the window's end
	OnTime                       // the watermark has passed the window's end
	Late                         // a record after that
	Retracted                    // a record joined the session to an earlier one: the value is zero
)

// Pane is one window's value for one key at one emission. It is valid during the call that gets it.
type Pane[A any] struct {
	Window
	Key       []byte // as Arrival.Key
	Value     *A     // read only
	Trigger   Trigger
	Revision  int32          // rises with each emission of this window and key
	Version   int64          // the task's epoch<<32 | Revision: rises also over restarts
	Basis     pipeline.Basis // what Watermark rests on
	Watermark pipeline.Time
	Late      int64 // records taken after the window's end
	Dropped   int64 // records left out
}

// pane is what is kept of a window that shares no records.
type pane[A any] struct {
	value    A
	revision int32
	late     int64
	dropped  int64
	closed   bool // the on-time pane is out
	changed  bool // since it was emitted
	known    bool // false: the store has just made it
}

const (
	paneVersion = 1
	flagClosed  = 1
	flagChanged = 2
)

// paneCodec frames the caller's codec.
type paneCodec[A any] struct{ value state.Codec[A] }

func (c paneCodec[A]) AppendValue(dst []byte, p *pane[A]) []byte {
	flags := byte(0)
	if p.closed {
		flags |= flagClosed
	}
	if p.changed {
		flags |= flagChanged
	}
	dst = append(dst, paneVersion, flags)
	dst = binary.AppendVarint(dst, int64(p.revision))
	dst = binary.AppendVarint(dst, p.late)
	dst = binary.AppendVarint(dst, p.dropped)
	return c.value.AppendValue(dst, &p.value)
}

func (c paneCodec[A]) DecodeValue(src []byte, p *pane[A]) error {
	if len(src) < 2 || src[0] != paneVersion {
		return errors.New("pane: unknown version")
	}
	p.closed, p.changed, p.known = src[1]&flagClosed != 0, src[1]&flagChanged != 0, true
	rest, err := p.decodeCounts(src[2:])
	if err != nil {
		return err
	}
	return c.value.DecodeValue(rest, &p.value)
}

// decodeCounts reads revision, late and dropped, and returns what follows them.
func (p *pane[A]) decodeCounts(src []byte) ([]byte, error) {
	var revision int64
	rest, err := readVarints(src, &revision, &p.late, &p.dropped)
	p.revision = int32(revision)
	return rest, err
}

// readVarints reads numbers and returns the rest of src.
func readVarints(src []byte, into ...*int64) (rest []byte, err error) {
	for _, x := range into {
		v, n := binary.Varint(src)
		if n <= 0 {
			return nil, errors.New("window state: ends early")
		}
		*x, src = v, src[n:]
	}
	return src, nil
}

// timeCodec keeps a time.
type timeCodec struct{}

const timeVersion = 1

func (timeCodec) AppendValue(dst []byte, t *pipeline.Time) []byte {
	return binary.AppendVarint(append(dst, timeVersion), int64(*t))
}

func (timeCodec) DecodeValue(src []byte, t *pipeline.Time) error {
	if len(src) < 2 || src[0] != timeVersion {
		return errors.New("time: unknown version")
	}
	v, n := binary.Varint(src[1:])
	if n != len(src)-1 {
		return errors.New("time: not one number")
	}
	*t = pipeline.Time(v)
	return nil
}
