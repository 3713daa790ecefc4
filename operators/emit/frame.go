package emit

import (
	"encoding/binary"

	"github.com/attune-health/attune/schemas"
)

// SchemaIDs are the ids under which the registry knows the schemas that this build was generated
// from. Values are framed with them: a zero byte, the id in four bytes, Avro. A record of another id was
// written by another build, or by a source with a schema of its own, and is resolved.
type SchemaIDs struct {
	// What source systems write.
	Touchpoint, Consent, ActionOutcome, IdentityLink int32
	// What the roles write for each other.
	Identified, IdentityEntry, Persona int32
	// What could not be used.
	RejectedRecord int32
	// What consumers read.
	Prediction, NextBestAction, DecisionInput int32
	Aggregate, ContactFact                    int32
	// What the trainer reads and writes.
	TrainingExample, Model int32
}

// FrameSize is the bytes before the Avro of a framed value.
const FrameSize = 5

// AppendFrame begins a value in Confluent framing.
func AppendFrame(dst []byte, id int32) []byte {
	return binary.BigEndian.AppendUint32(append(dst, 0), uint32(id))
}

// SplitFrame parts a framed value into schema id and Avro, without copying. ok is false if there is
// no frame: most often a source then writes plain JSON.
func SplitFrame(value []byte) (id int32, payload []byte, ok bool) {
	if len(value) < FrameSize || value[0] != 0 {
		return 0, nil, false
	}
	return int32(binary.BigEndian.Uint32(value[1:FrameSize])), value[FrameSize:], true
}

// NotJudged is Identified.JudgedBy of a record that has not met a PATIENT task. It is not 0, which is
// a watermark like any other.
const NotJudged = schemas.Millis(-1)
