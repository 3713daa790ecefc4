package aggregate

import (
	"encoding/binary"
	"errors"

	"github.com/attune-health/attune/schemas"
)

// tally is what both aggregates count. What is added to one is a tally too, negative where a cell said too
// much. All are sums, so that order does not matter and a correction is a difference. Means are for readers
// to compute: they do not add up.
type tally struct {
	// Numbers of touchpoints and of contacts; of these, how many queued, were abandoned and answered.
	touchpoints, contacts, queued, abandoned, answered int64
	// Milliseconds: in the queue, of all and of those answered, and with agents.
	waitMs, waitAnsweredMs, talkMs int64
	// Contacts that were a last resort; distinct persons, who cannot be added up over cells.
	lastResort, persons int64
	// Contacts that repeat another; failed steps before contacts.
	repeats, failedSteps int64
}

// call counts what a disposition says. Waiting counts only of who was in a queue, and talking only of who
// was answered, whatever else the contact center wrote there (docs/kpis.md).
func (t *tally) call(queued, abandoned, answered bool, waitMs, talkMs int64) {
	t.contacts = 1
	if queued {
		t.queued, t.waitMs = 1, waitMs
	}
	if queued && abandoned {
		t.abandoned = 1
	}
	if answered {
		t.answered, t.waitAnsweredMs, t.talkMs = 1, waitMs, talkMs
	}
}

// tallyOf is what a contact adds to its cell, without the person, who may be there already.
func tallyOf(c *schemas.CountedContact) tally {
	t := tally{touchpoints: 1, failedSteps: int64(c.FailedSteps)}
	t.call(c.Queued, c.Abandoned, c.Answered, c.WaitMs, c.TalkMs)
	if c.LastResort {
		t.lastResort = 1
	}
	if c.Repeat {
		t.repeats = 1
	}
	return t
}

// plus adds o. It is the fold of the windows, and spelled out, as it runs for each touchpoint.
func (t *tally) plus(o *tally) {
	t.touchpoints, t.persons = t.touchpoints+o.touchpoints, t.persons+o.persons
	t.contacts, t.queued, t.abandoned, t.answered = t.contacts+o.contacts, t.queued+o.queued, t.abandoned+o.abandoned, t.answered+o.answered
	t.waitMs, t.waitAnsweredMs, t.talkMs = t.waitMs+o.waitMs, t.waitAnsweredMs+o.waitAnsweredMs, t.talkMs+o.talkMs
	t.lastResort, t.repeats, t.failedSteps = t.lastResort+o.lastResort, t.repeats+o.repeats, t.failedSteps+o.failedSteps
}

// minus takes o off.
func (t *tally) minus(o tally) {
	from := o.fields()
	for i, x := range t.fields() {
		*x -= *from[i]
	}
}

// fields are all of them in the order of tallySchema. plus has them too: a field that is added to one must
// be added to the other.
func (t *tally) fields() [12]*int64 {
	return [...]*int64{&t.touchpoints, &t.contacts, &t.queued, &t.abandoned, &t.answered, &t.waitMs, &t.waitAnsweredMs, &t.talkMs, &t.lastResort, &t.persons, &t.repeats, &t.failedSteps}
}

// tallySchema is what a tally is in Avro: its fields in their order. New ones go to the end, with a
// default, so that windows that an older build has kept can be read.
const tallySchema = `{"type":"record","name":"Tally","namespace":"health.attune","fields":[` +
	`{"name":"touchpoints","type":"long","default":0},{"name":"contacts","type":"long","default":0},` +
	`{"name":"queued","type":"long","default":0},{"name":"abandoned","type":"long","default":0},` +
	`{"name":"answered","type":"long","default":0},{"name":"wait_ms","type":"long","default":0},` +
	`{"name":"wait_answered_ms","type":"long","default":0},{"name":"talk_ms","type":"long","default":0},` +
	`{"name":"last_resort","type":"long","default":0},{"name":"persons","type":"long","default":0},` +
	`{"name":"repeats","type":"long","default":0},{"name":"failed_steps","type":"long","default":0}]}`

// tallyCodec keeps a tally by its schema. It is written by hand, as no topic has this record.
type tallyCodec struct{}

// Schema implements state.SchemaCodec.
func (tallyCodec) Schema() string { return tallySchema }

// Resolve implements state.SchemaCodec.
func (c tallyCodec) Resolve(writer string) (func([]byte) ([]byte, error), error) {
	return c.Translator(tallySchema, writer)
}

// Translator implements window.Translating: the pane around a tally has a schema with this one in it.
func (tallyCodec) Translator(reader, writer string) (func([]byte) ([]byte, error), error) {
	t, err := schemas.NewTranslator(reader, writer)
	if err != nil {
		return nil, err
	}
	return t.Translate, nil
}

// AppendValue implements state.Codec: a record of longs is their varints, one after the other.
func (tallyCodec) AppendValue(dst []byte, t *tally) []byte {
	for _, x := range t.fields() {
		dst = binary.AppendVarint(dst, *x)
	}
	return dst
}

// DecodeValue implements state.Codec. Its errors hold no figure.
func (tallyCodec) DecodeValue(src []byte, t *tally) error {
	for _, x := range t.fields() {
		v, n := binary.Varint(src)
		if n <= 0 {
			return errors.New("tally: ends early")
		}
		*x, src = v, src[n:]
	}
	if len(src) > 0 {
		return errors.New("tally: bytes follow it")
	}
	return nil
}
