package window

import (
	"encoding/binary"
	"errors"

	"github.com/attune-health/attune/pipeline"
)

// mark is what is kept beside the value of a session, of a sliding window, or of a key of either;
// each uses some of it.
type mark struct {
	end           pipeline.Time
	revision      int32
	late, dropped int64
	// closed: the watermark has passed its end.
	closed bool
	// changed: since it was emitted early.
	changed bool
	// known: it was emitted, so that it must be retracted if it is joined to another.
	known bool
	// frozen: its value is its own, and not what its slices hold.
	frozen bool
}

const (
	flagKnown  = 4
	flagFrozen = 8
)

// markCodec encodes a mark: version, flags, then end, revision, late and dropped.
type markCodec struct{}

func (markCodec) AppendValue(dst []byte, m *mark) []byte {
	flags := byte(0)
	for _, f := range [...]struct {
		set  bool
		flag byte
	}{{m.closed, flagClosed}, {m.changed, flagChanged}, {m.known, flagKnown}, {m.frozen, flagFrozen}} {
		if f.set {
			flags |= f.flag
		}
	}
	dst = append(dst, paneVersion, flags)
	for _, x := range [...]int64{int64(m.end), int64(m.revision), m.late, m.dropped} {
		dst = binary.AppendVarint(dst, x)
	}
	return dst
}

func (markCodec) DecodeValue(src []byte, m *mark) error {
	if len(src) < 2 || src[0] != paneVersion {
		return errors.New("window mark: unknown version")
	}
	flags := src[1]
	m.closed, m.changed, m.known, m.frozen = flags&flagClosed != 0, flags&flagChanged != 0, flags&flagKnown != 0, flags&flagFrozen != 0
	var revision int64
	_, err := readVarints(src[2:], (*int64)(&m.end), &revision, &m.late, &m.dropped)
	m.revision = int32(revision)
	return err
}
