package operators

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
	Aggregate, TrainingExample, Model                int32
}

const frameSize = 5

// appendFrame begins a value in Confluent framing.
func appendFrame(dst []byte, id int32) []byte {
	return binary.BigEndian.AppendUint32(append(dst, 0), uint32(id))
}

// splitFrame parts a framed value into schema id and Avro.
func splitFrame(value []byte) (id int32, payload []byte, ok bool) {
	if len(value) < frameSize || value[0] != 0 {
		return 0, nil, false
	}
	return int32(binary.BigEndian.Uint32(value[1:frameSize])), value[frameSize:], true
}

// notJudged is Identified.JudgedBy of a record that has not met a PATIENT task.
const notJudged = schemas.Millis(-1)
