package verify

import (
	"math"
	"reflect"
	"testing"

	"github.com/attune-health/attune/schemas"
)

// TestEveryFieldOfEveryChannelIsInItsRow ranges over the table of channels: a field that the verifier forgets could
// be lost on its way to ClickHouse, and nobody would be told. Package growth runs it once more with a fifth row.
func TestEveryFieldOfEveryChannelIsInItsRow(t *testing.T) {
	// INGEST keeps who took a call to itself, and rejects what is no call.
	noColumn := map[string]bool{"Agent": true, "Phantom": true}
	for _, channel := range schemas.Channels() {
		v := schemas.Touchpoint{EventID: "e", Channel: channel.Channel, Body: schemas.TouchpointBody{Kind: channel.Body}}
		before := touchpointRow(&v)
		for name, field := range bodyFields(&v.Body) {
			change(field, "text")
			if changed := touchpointRow(&v) != before; changed == noColumn[name] {
				t.Errorf("%s: the row changes with %s: %v, want %v", channel.Name(), name, changed, !changed)
			}
			field.SetZero()
		}
	}
}

// TestNoChannelDisclosesWords demands of the verifier what the topology's own test demands of INGEST.
func TestNoChannelDisclosesWords(t *testing.T) {
	for _, channel := range schemas.Channels() {
		for text, passes := range map[string]bool{"a/name": true, "my mother's number is 555 0100": false} {
			v := schemas.Touchpoint{EventID: "e", Channel: channel.Channel, Body: schemas.TouchpointBody{Kind: channel.Body}}
			for _, field := range bodyFields(&v.Body) {
				change(field, text)
			}
			v = disclosed(v)
			for name, field := range bodyFields(&v.Body) {
				if field.Kind() == reflect.Struct {
					field = field.FieldByName("V")
				}
				// Reasons are the taxonomy's, and who took a call goes no further.
				if field.Kind() == reflect.String && name != "Reason" && name != "SecondReason" && (field.String() == text) != (passes && name != "Agent") {
					t.Errorf("%s: %s is %q after %q", channel.Name(), name, field.String(), text)
				}
			}
		}
	}
}

// TestNoChannelDisclosesImpossibleNumbers demands of the verifier what the topology's own test demands of INGEST.
func TestNoChannelDisclosesImpossibleNumbers(t *testing.T) {
	for _, channel := range schemas.Channels() {
		for _, value := range []int64{math.MinInt32, math.MaxInt32} {
			v := schemas.Touchpoint{EventID: "e", OccurredAt: 1 << 50, Channel: channel.Channel, Body: schemas.TouchpointBody{Kind: channel.Body}}
			for _, field := range bodyFields(&v.Body) {
				if field.CanInt() {
					field.SetInt(value)
				}
			}
			v = disclosed(v)
			for name, field := range bodyFields(&v.Body) {
				if field.CanInt() && field.Int() == value {
					t.Errorf("%s: %s is still %d", channel.Name(), name, value)
				}
			}
		}
	}
}

// bodyFields yields the fields of a body's branch by their names.
func bodyFields(b *schemas.TouchpointBody) func(yield func(string, reflect.Value) bool) {
	return func(yield func(string, reflect.Value) bool) {
		branch := reflect.ValueOf(b).Elem().FieldByName(b.Kind.String())
		for i := range branch.NumField() {
			if !yield(branch.Type().Field(i).Name, branch.Field(i)) {
				return
			}
		}
	}
}

// change gives a field a value that is not its zero; text where it takes one.
func change(field reflect.Value, text string) {
	switch field.Kind() {
	case reflect.Struct: // an Opt
		field.FieldByName("OK").SetBool(true)
		change(field.FieldByName("V"), text)
	case reflect.String:
		field.SetString(text)
	case reflect.Bool:
		field.SetBool(true)
	case reflect.Uint8: // a symbol
		field.SetUint(1)
	default:
		field.SetInt(7)
	}
}
