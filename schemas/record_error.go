package schemas

import "errors"

// Rejection is the reason code of a record that cannot be read, as RejectedRecord.reason has it.
type Rejection string

// The rejections that decoding finds.
const (
	RejectUndecodable   Rejection = "undecodable"    // the bytes are not what their schema says
	RejectUnknownSchema Rejection = "unknown_schema" // the registry has no schema of the id
	RejectWrongType     Rejection = "wrong_type"     // the writer's schema cannot be read as ours
)

// RecordError says why a record cannot be read. It never holds a value of the record.
type RecordError struct {
	Code Rejection
	// A field or a rule.
	Detail string
}

// Error is the code and the detail.
func (e *RecordError) Error() string {
	if e.Detail == "" {
		return string(e.Code)
	}
	return string(e.Code) + ": " + e.Detail
}

// ErrUnknownSchema is what a SchemaSource returns for an id that the registry does not know.
var ErrUnknownSchema = errors.New("no schema of this id")

func undecodable(err error) error {
	return &RecordError{Code: RejectUndecodable, Detail: err.Error()}
}

func wrongType(detail string) error {
	return &RecordError{Code: RejectWrongType, Detail: detail}
}
