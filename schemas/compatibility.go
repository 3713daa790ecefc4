package schemas

import (
	"fmt"

	"github.com/hamba/avro/v2"
)

// CanRead says whether the reader's schema can read records of the writer's: what a registry calls BACKWARD. The
// error names the first difference that prevents it.
func CanRead(reader, writer string) error {
	r, err := avro.ParseWithCache(reader, "", &avro.SchemaCache{})
	if err != nil {
		return fmt.Errorf("parse reader's schema: %w", err)
	}
	w, err := avro.ParseWithCache(writer, "", &avro.SchemaCache{})
	if err != nil {
		return fmt.Errorf("parse writer's schema: %w", err)
	}
	return avro.NewSchemaCompatibility().Compatible(r, w)
}
