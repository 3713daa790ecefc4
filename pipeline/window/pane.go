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
	// Early: processing time has passed, before the window's end.
	Early Trigger = iota + 1
	// OnTime: the watermark has passed the window's end.
	OnTime
	// Late: a record came after that.
	Late
	// Retracted: a record joined the session to an earlier one; the value is zero.
	Retracted
)

// Pane is one window's value for one key at one emission. It is the whole value, not a change: who
// keeps the newest version of each key and start has the window. It is valid during the call that gets
// it.
type Pane[A any] struct {
	Window
	// Key is as in Arrival.
	Key []byte
	// Value is for reading only: it may be the store's.
	Value   *A
	Trigger Trigger
	// Revision rises with each emission of this window and key, within an epoch of the task.
	Revision int32
	// Version is the task's epoch<<32 | Revision: it rises also over restarts, where a commit that was
	// lost had given revisions that will be given again.
	Version int64
	// Basis is what Watermark rests on: how complete the value is.
	Basis pipeline.Basis
	// Watermark is that of Config.Channels at the emission.
	Watermark pipeline.Time
	// Late counts the records that were taken after the window's end, Dropped those that were left out.
	Late    int64
	Dropped int64
}

// pane is what is kept of a window that shares no records.
type pane[A any] struct {
	value    A
	revision int32
	late     int64
	dropped  int64
	// closed: the on-time pane is out, and each record that is taken is emitted at once.
	closed bool
	// changed: a record was taken since the last emission.
	changed bool
	// known: false where the store has just made it, so that its timer has to be set.
	known bool
}

const (
	paneVersion = 1
	// Flags of a pane that is kept; the marks of sessions and sliding windows have more.
	flagClosed  = 1
	flagChanged = 2
)

// paneCodec frames the caller's codec: version, flags, revision, late, dropped, and then the value.
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

// readVarints reads numbers and returns the rest of src. It says nothing of what it read.
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

// timeCodec keeps a time: a version, then the time as a varint.
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
