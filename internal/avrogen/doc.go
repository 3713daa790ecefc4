// Package avrogen reads the Avro schemas of a folder and writes Go types and codecs for them.
//
// Load parses every .avsc file into a Model of Types and Fields; named types may be used across files, in any order.
// Generate turns a Model into Go source. Everything else that is derived from the schemas (table definitions, column
// appenders) reads the same Model, so that there is one mapping.
//
// Names and types:
//
//	Avro                                  Go
//	record                                struct of the same name
//	field snake_case                      SnakeCase, with ID, URL and the like in capitals
//	string                                string; Protected where tagged phi or identifier; PersonRef
//	bytes                                 []byte; ProtectedBytes where tagged
//	int, long, float, double, boolean     int32, int64, float32, float64, bool
//	long, timestamp-millis                Millis
//	fixed                                 [n]byte
//	enum                                  uint8 with constants, and XCount, how many symbols X has
//	["null", X], [X, "null"]              Opt[X]
//	other union                           struct with Kind and one field per branch
//	array, map                            []X, []Pair[X]
//
// Not supported, and refused: recursive records, arrays of items that take no bytes, unions within unions, enums of
// more than 256 symbols, logical types other than timestamp-millis (they are read as their base type).
package avrogen
