package verify

import (
	"testing"

	"github.com/attune-health/attune/schemas"
)

// TestOnlyWhatALinkSaidIsIntroduced: INGEST may write on a call who calls, where a link has said it, and nothing else.
func TestOnlyWhatALinkSaidIsIntroduced(t *testing.T) {
	call := func(relation, mayKnow, actsAs string) *schemas.Touchpoint {
		v := &schemas.Touchpoint{EventID: "e1", OccurredAt: 5, Channel: schemas.ChannelCall}
		v.Body.Kind = schemas.TouchpointBodyCall
		v.Body.Call = schemas.Call{Event: schemas.CallEventQueued, Queue: "main", Relation: relation, MayKnow: mayKnow, ActsAs: actsAs}
		return v
	}
	for name, tt := range map[string]struct {
		sent, got *schemas.Touchpoint
		want      bool
	}{
		"who calls":                 {call("", "", ""), call("parent", "all", ""), true},
		"what they may be told":     {call("parent", "", ""), call("parent", "all", ""), true},
		"of somebody":               {call("", "", ""), call("", "", "parent"), true},
		"nothing":                   {call("parent", "all", ""), call("", "", ""), false},
		"what no link said":         {call("", "", ""), call("parent", "billing", ""), false},
		"against the call":          {call("guardian", "none", ""), call("parent", "all", ""), false},
		"of somebody, and no link":  {call("", "", ""), call("", "", "guardian"), false},
		"more than the permission":  {call("guardian", "", ""), call("parent", "all", ""), false},
		"with something else, also": {&schemas.Touchpoint{EventID: "e1", Body: call("", "", "").Body}, call("parent", "all", ""), false},
	} {
		t.Run(name, func(t *testing.T) {
			var l Ledger
			l.Touchpoint("touchpoints.call", tt.sent, "")
			c := &checker{Run: &Run{}, related: map[relation]bool{{"parent", "all"}: true}}
			v := c.introduced(l.touchpoints["e1"], tt.got)
			if got := v != nil; got != tt.want {
				t.Fatalf("taken for what was sent: %t, want %t", got, tt.want)
			}
			if v != nil && v.row != touchpointRow(tt.got) {
				t.Error("ClickHouse is to have another row")
			}
		})
	}
}
