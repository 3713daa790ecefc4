package schemas

import "errors"

// seeds gives the fuzzer something to start from.
func seeds(schema string) [][]byte {
	_ = schema
	return [][]byte{make([]byte, 200)}
}

func hugeCount(err error) bool {
	var d *DecodeError
	return errors.As(err, &d) && d.Problem == ProblemShort
}
