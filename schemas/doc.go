// Package schemas holds every record that crosses a topic, as Avro schemas and as the Go types generated from them.
//
// A record is decoded without copying: its strings and bytes alias the buffer that they were read from, and are valid
// as long as the buffer is. Clone makes a copy that stands alone. Decoding into the same variable again reuses its
// slices, so a loop that keeps one variable per record type does not allocate.
//
// Fields tagged phi or identifier are Protected: printing, logging and marshalling hide them; Reveal and the codecs
// show them. Two places do not ask a value how it wants to be shown: fmt prints unexported struct fields as they are,
// and encoding/json writes map keys of string kinds as they are. Keep Protected values out of both where they may be
// printed.
//
// Zero values are not schema defaults: Web.Results is 0 in a new Web, for example, while the schema's default is -1.
package schemas

//go:generate go run ../internal/schemagen -dir .
