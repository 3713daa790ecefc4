package clickhouse

import "testing"

// TestCodesHaveTheirNewestMeaningAndStayWhenGivenUp starts a sink for a site, and again when its words have changed, a reason
// is new and an action has gone.
func TestCodesHaveTheirNewestMeaningAndStayWhenGivenUp(t *testing.T) {
	r := newRig(t, sharedServer(t).NativeAddr())
	r.cfg.Codes = Codes{
		TaxonomyVersion: "t-1", Reasons: []ReasonCode{{Code: "R03", Name: "medication", Words: "refill", Urgent: .25}},
		PolicyVersion: "p-1", Actions: []ActionCode{
			{Code: "A01", Name: "route_skilled", Words: "route to {treatment}", Class: "default"},
			{Code: "A04", Name: "callback_offer", Words: "offer a callback", Class: "default", Purpose: "service", Group: "phone"},
		},
	}
	_, stop := r.start()
	stop()
	r.cfg.Codes.TaxonomyVersion, r.cfg.Codes.PolicyVersion = "t-2", "p-2"
	r.cfg.Codes.Reasons[0].Words = "refill or prescription"
	r.cfg.Codes.Reasons = append(r.cfg.Codes.Reasons, ReasonCode{Code: "R14", Name: "vaccination", Words: "vaccination"})
	r.cfg.Codes.Actions = r.cfg.Codes.Actions[:1]
	_, stop = r.start()
	stop()
	c := r.client()
	expect(t, c, "SELECT * FROM {db}.reasons WHERE code = 'R03'", `{"code": "R03", "name": "medication", "words": "refill or prescription", "urgent": 0.25, "taxonomy_version": "t-2"}`)
	expect(t, c, "SELECT * FROM {db}.reasons WHERE code = 'R14'", `{"name": "vaccination", "urgent": 0, "taxonomy_version": "t-2"}`)
	expect(t, c, "SELECT * FROM {db}.action_catalogue WHERE code = 'A01'", `{"name": "route_skilled", "words": "route to {treatment}", "class": "default", "purpose": "", "policy_version": "p-2"}`)
	expect(t, c, "SELECT * FROM {db}.action_catalogue WHERE code = 'A04'", `{"name": "callback_offer", "purpose": "service", "group": "phone", "policy_version": "p-1"}`)
}
