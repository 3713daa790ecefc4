package schemas

import (
	"embed"
	"fmt"
)

//go:embed history/model/v1.avsc history/moved_state/v1.avsc history/training_example/v1.avsc
var past embed.FS

// PastTranslator turns values of a kept version of a schema (history/<name>/v<version>.avsc) into
// those of this build. It is for what an earlier build has left in topics that only attune reads:
// without it an upgrade would take these records for damaged.
func PastTranslator(reader, name string, version int) (*Translator, error) {
	writer, err := past.ReadFile(fmt.Sprintf("history/%s/v%d.avsc", name, version))
	if err != nil {
		return nil, fmt.Errorf("schema %s as of version %d: %w", name, version, err)
	}
	return NewTranslator(reader, string(writer))
}
