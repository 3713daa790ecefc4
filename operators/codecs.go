package operators

import (
	"fmt"

	"github.com/attune-health/attune/schemas"
)

// The codecs of the states: a version byte, then Avro. Another version is another case of decode,
// which reads the old schema and converts.

const stateVersion = 1

func decodeState(src []byte, v schemas.Record) error {
	if len(src) == 0 || src[0] != stateVersion {
		return fmt.Errorf("state version: not %d", stateVersion)
	}
	return schemas.DecodeWhole(v, src[1:])
}

type entryCodec struct{}

func (entryCodec) AppendValue(dst []byte, v *schemas.IdentityEntry) []byte {
	return v.AppendAvro(append(dst, stateVersion))
}

func (entryCodec) DecodeValue(src []byte, v *schemas.IdentityEntry) error {
	if err := decodeState(src, v); err != nil {
		return err
	}
	*v = v.Clone()
	return nil
}

type shardCodec struct{}

func (shardCodec) AppendValue(dst []byte, v *schemas.ShardState) []byte {
	return v.AppendAvro(append(dst, stateVersion))
}

func (shardCodec) DecodeValue(src []byte, v *schemas.ShardState) error {
	if err := decodeState(src, v); err != nil {
		return err
	}
	*v = v.Clone()
	return nil
}

type personCodec struct{}

func (personCodec) AppendValue(dst []byte, v *schemas.PersonState) []byte {
	return v.AppendAvro(append(dst, stateVersion))
}

func (personCodec) DecodeValue(src []byte, v *schemas.PersonState) error {
	if err := decodeState(src, v); err != nil {
		return err
	}
	*v = v.Clone()
	return nil
}

type heldCodec struct{}

func (heldCodec) AppendValue(dst []byte, v *schemas.HeldRecords) []byte {
	return v.AppendAvro(append(dst, stateVersion))
}

func (heldCodec) DecodeValue(src []byte, v *schemas.HeldRecords) error {
	if err := decodeState(src, v); err != nil {
		return err
	}
	*v = v.Clone()
	return nil
}
