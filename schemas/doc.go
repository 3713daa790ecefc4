// Package schemas holds every record that crosses a topic, as Avro schemas and as the Go types generated from them.
//
// A record is decoded without copying: strings and bytes alias the buffer that they were read from, and hold as long as
// it does. Clone makes a copy that stands alone. Decoding into the same variable again reuses its slices, so a loop that
// keeps one variable per record type does not allocate.
//
// Fields tagged phi or identifier are Protected: no way of printing, logging or marshalling shows them; Reveal does, and
// codecs do. Two places do not ask the value how it wants to be shown: fmt prints unexported struct fields as they are, and
// encoding/json writes map keys of string kinds as they are. Keep Protected values out of both where they may be printed.
//
// Zero values are not schema defaults: Web.Results, say, is 0 in a new Web, while the schema's default is -1.
package schemas

//go:generate go run ../internal/schemagen -dir .
