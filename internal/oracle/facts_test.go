package oracle

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// TestEveryChannelIsKnown ranges over the table of channels: of a channel that the oracle forgets it would count
// steps that have neither event nor reason. Package growth runs it once more with a fifth row.
func TestEveryChannelIsKnown(t *testing.T) {
	for _, channel := range schemas.Channels() {
		v := schemas.Touchpoint{EventID: "e", Channel: channel.Channel, Body: schemas.TouchpointBody{Kind: channel.Body}}
		branch := reflect.ValueOf(&v.Body).Elem().FieldByName(channel.Body.String())
		branch.FieldByName("Event").SetUint(1)
		branch.FieldByName("Reason").SetString("R03")
		f := NewFacts()
		if err := f.Touchpoint(&pipeline.Record{Topic: channel.Topic}, &v); err != nil {
			t.Fatal(err)
		}
		var row sentRow
		if err := json.Unmarshal(f.sent.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		if row.Event == "" || row.Event == "unknown" || row.Reason != "R03" || row.Channel != channel.Name() {
			t.Errorf("%s: the oracle takes it for %+v", channel.Name(), row)
		}
	}
}
