package aggregate

import (
	"encoding/binary"
	"errors"

	"github.com/attune-health/attune/schemas"
)

// tally is what both aggregates count. What is added to one is a tally too, negative where a cell said
// too much.
type tally struct {
	touchpoints, contacts, queued, abandoned, answered int64
	waitMs, waitAnsweredMs, talkMs                     int64
	lastResort, persons                                int64
	repeats, failedSteps                               int64
}

// call counts what a disposition says.
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

// tallyOf is what a contact adds to its cell.
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

func (t *tally) plus(o *tally) {
	t.touchpoints, t.persons = t.touchpoints+o.touchpoints, t.persons+o.persons
	t.contacts, t.queued, t.abandoned, t.answered = t.contacts+o.contacts, t.queued+o.queued, t.abandoned+o.abandoned, t.answered+o.answered
	t.waitMs, t.waitAnsweredMs, t.talkMs = t.waitMs+o.waitMs, t.waitAnsweredMs+o.waitAnsweredMs, t.talkMs+o.talkMs
	t.lastResort, t.repeats, t.failedSteps = t.lastResort+o.lastResort, t.repeats+o.repeats, t.failedSteps+o.failedSteps
}

func (t *tally) minus(o tally) {
	from := o.fields()
	for i, x := range t.fields() {
		*x -= *from[i]
	}
}

func (t *tally) fields() [12]*int64 {
	return [...]*int64{&t.touchpoints, &t.contacts, &t.queued, &t.abandoned, &t.answered, &t.waitMs, &t.waitAnsweredMs, &t.talkMs, &t.lastResort, &t.persons, &t.repeats, &t.failedSteps}
}

// tallySchema is what a tally is in Avro: its fields in their order.
const tallySchema = `{"type":"record","name":"Tally","namespace":"health.attune","fields":[` +
	`{"name":"touchpoints","type":"long","default":0},{"name":"contacts","type":"long","default":0},` +
	`{"name":"queued","type":"long","default":0},{"name":"abandoned","type":"long","default":0},` +
	`{"name":"answered","type":"long","default":0},{"name":"wait_ms","type":"long","default":0},` +
	`{"name":"wait_answered_ms","type":"long","default":0},{"name":"talk_ms","type":"long","default":0},` +
	`{"name":"last_resort","type":"long","default":0},{"name":"persons","type":"long","default":0},` +
	`{"name":"repeats","type":"long","default":0},{"name":"failed_steps","type":"long","default":0}]}`

type tallyCodec struct{}

func (tallyCodec) Schema() string { return tallySchema }

func (c tallyCodec) Resolve(writer string) (func([]byte) ([]byte, error), error) {
	return c.Translator(tallySchema, writer)
}

// Translator implements window.Translating.
func (tallyCodec) Translator(reader, writer string) (func([]byte) ([]byte, error), error) {
	t, err := schemas.NewTranslator(reader, writer)
	if err != nil {
		return nil, err
	}
	return t.Translate, nil
}

func (tallyCodec) AppendValue(dst []byte, t *tally) []byte {
	for _, x := range t.fields() {
		dst = binary.AppendVarint(dst, *x)
	}
	return dst
}

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
