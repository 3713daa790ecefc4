package emit

import (
	"encoding/binary"

	"github.com/attune-health/attune/schemas"
)

// SchemaIDs are the ids under which the registry knows the schemas of this build. Each value is
// framed with one: a zero byte, the id in four bytes (big endian), Avro. A reader of another build
// finds the writer's schema by it.
type SchemaIDs struct {
	// What source systems write.
	Touchpoint, Consent, ActionOutcome, IdentityLink int32
	// What attune writes.
	Identified, IdentityEntry, Persona             int32
	RejectedRecord                                 int32
	Prediction, NextBestAction, DecisionInput      int32
	Aggregate, ContactFact, TrainingExample, Model int32
}

// FrameSize is the number of bytes before the Avro of a framed value.
const FrameSize = 5

// AppendFrame appends the frame of a value; its Avro is to follow.
func AppendFrame(dst []byte, id int32) []byte {
	return binary.BigEndian.AppendUint32(append(dst, 0), uint32(id))
}

// SplitFrame parts a framed value into schema id and Avro, without copying. ok is false where there
// is no frame: a source that writes plain JSON is the commonest such case.
func SplitFrame(value []byte) (id int32, payload []byte, ok bool) {
	if len(value) < FrameSize || value[0] != 0 {
		return 0, nil, false
	}
	return int32(binary.BigEndian.Uint32(value[1:FrameSize])), value[FrameSize:], true
}

// NotJudged is Identified.JudgedBy of a record that has not met a PATIENT task. It is not 0, which is
// a watermark like any other.
const NotJudged = schemas.Millis(-1)
