package emit

import (
	"encoding/binary"

	"github.com/attune-health/attune/schemas"
)

// SchemaIDs are the ids under which the registry knows the schemas that this build was generated
// from. Values are framed with them: a zero byte, the id in four bytes, Avro.
type SchemaIDs struct {
	Touchpoint, Consent, ActionOutcome, IdentityLink int32
	Identified, IdentityEntry, Persona               int32
	RejectedRecord                                   int32
	Prediction, NextBestAction, DecisionInput        int32
	Aggregate, ContactFact, TrainingExample, Model   int32
}

// FrameSize is the bytes before the Avro of a framed value.
const FrameSize = 5

// AppendFrame begins a value in Confluent framing.
func AppendFrame(dst []byte, id int32) []byte {
	return binary.BigEndian.AppendUint32(append(dst, 0), uint32(id))
}

// SplitFrame parts a framed value into schema id and Avro.
func SplitFrame(value []byte) (id int32, payload []byte, ok bool) {
	if len(value) < FrameSize || value[0] != 0 {
		return 0, nil, false
	}
	return int32(binary.BigEndian.Uint32(value[1:FrameSize])), value[FrameSize:], true
}

// NotJudged is Identified.JudgedBy of a record that has not met a PATIENT task.
const NotJudged = schemas.Millis(-1)
