package aggregate

import (
	"encoding/binary"
	"errors"

	"github.com/attune-health/attune/schemas"
)

// tally is what both aggregates count.
type tally struct {
	touchpoints, contacts, queued, abandoned, answered int64
	waitMs, waitAnsweredMs, talkMs                     int64
	lastResort, persons                                int64
}

// tallied is one touchpoint as a tally sees it.
type tallied struct {
	call       *schemas.Call // nil unless the touchpoint is a disposition
	lastResort bool
	newPerson  bool // the first of this person in the cell
}

func (t *tally) add(e *tallied) {
	t.touchpoints++
	if e.newPerson {
		t.persons++
	}
	c := e.call
	if c == nil {
		return
	}
	t.contacts++
	if e.lastResort {
		t.lastResort++
	}
	if c.Queued {
		t.queued++
		t.waitMs += c.WaitMs
	}
	if c.Abandoned {
		t.abandoned++
	}
	if c.Answered {
		t.answered++
		t.waitAnsweredMs += c.WaitMs
		t.talkMs += c.TalkMs
	}
}

func (t *tally) fields() [10]*int64 {
	return [...]*int64{&t.touchpoints, &t.contacts, &t.queued, &t.abandoned, &t.answered, &t.waitMs, &t.waitAnsweredMs, &t.talkMs, &t.lastResort, &t.persons}
}

// tallySchema is what a tally is in Avro: its fields in their order.
const tallySchema = `{"type":"record","name":"Tally","namespace":"health.attune","fields":[` +
	`{"name":"touchpoints","type":"long","default":0},{"name":"contacts","type":"long","default":0},` +
	`{"name":"queued","type":"long","default":0},{"name":"abandoned","type":"long","default":0},` +
	`{"name":"answered","type":"long","default":0},{"name":"wait_ms","type":"long","default":0},` +
	`{"name":"wait_answered_ms","type":"long","default":0},{"name":"talk_ms","type":"long","default":0},` +
	`{"name":"last_resort","type":"long","default":0},{"name":"persons","type":"long","default":0}]}`

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
