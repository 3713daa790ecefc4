package schemas

import (
	"embed"
	"fmt"
	"sync"
)

//go:embed history/model/*.avsc history/moved_state/*.avsc history/training_example/*.avsc
var past embed.FS

// PastReader returns a function that decodes values of an old version of a schema
// (history/<name>/v<version>.avsc). It is for what an earlier build left in topics that only attune
// reads: after an upgrade these records would otherwise count as damaged. What it decodes does not
// alias the payload.
func PastReader(reader, name string, version int) func(v Record, payload []byte) error {
	translator := sync.OnceValues(func() (*Translator, error) {
		writer, err := past.ReadFile(fmt.Sprintf("history/%s/v%d.avsc", name, version))
		if err != nil {
			return nil, fmt.Errorf("schema %s as of version %d: %w", name, version, err)
		}
		return NewTranslator(reader, string(writer))
	})
	return func(v Record, payload []byte) error {
		t, err := translator()
		if err != nil {
			return err
		}
		if payload, err = t.Translate(payload); err != nil {
			return err
		}
		return DecodeWhole(v, payload)
	}
}
