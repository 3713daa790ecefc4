package decide

import (
	"testing"
	"time"

	"github.com/attune-health/attune/schemas"
)

func moment(t *testing.T, text string) schemas.Millis {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return schemas.MillisOf(at)
}

func said(at schemas.Millis, status schemas.ConsentStatus, channel, purpose string) schemas.Consent {
	return schemas.Consent{OccurredAt: at, Status: status, Channel: channel, Purpose: purpose}
}

const (
	yes  = schemas.ConsentStatusGranted
	no   = schemas.ConsentStatusDenied
	stop = schemas.ConsentStatusDoNotContact
)

func TestConsentFailsClosed(t *testing.T) {
	for _, c := range []struct {
		name string
		said []schemas.Consent
		want string // of sms for care
	}{
		{"nothing was said", nil, "consent_unknown"},
		{"yes", []schemas.Consent{said(1, yes, "sms", "care")}, ""},
		{"yes to all", []schemas.Consent{said(1, yes, "all", "all")}, ""},
		{"yes to something else", []schemas.Consent{said(1, yes, "sms", "service"), said(1, yes, "email", "care")}, "consent_unknown"},
		{"no", []schemas.Consent{said(1, no, "sms", "care")}, "consent_denied"},
		{"yes, then no", []schemas.Consent{said(1, yes, "sms", "care"), said(2, no, "sms", "care")}, "consent_denied"},
		{"the same, in the other order", []schemas.Consent{said(2, no, "sms", "care"), said(1, yes, "sms", "care")}, "consent_denied"},
		{"both at once", []schemas.Consent{said(1, no, "sms", "care"), said(1, yes, "sms", "care")}, "consent_denied"},
		{"no, then yes", []schemas.Consent{said(1, no, "sms", "care"), said(2, yes, "sms", "care")}, ""},
		{"a particular no, then a general yes", []schemas.Consent{said(1, no, "sms", "care"), said(2, yes, "all", "all")}, "consent_denied"},
		{"a general no, then a particular yes", []schemas.Consent{said(1, no, "all", "all"), said(2, yes, "sms", "care")}, ""},
		{"a general yes, then a particular no", []schemas.Consent{said(1, yes, "all", "all"), said(2, no, "all", "care")}, "consent_denied"},
		{"stop", []schemas.Consent{said(1, yes, "sms", "care"), said(2, stop, "", "")}, "do_not_contact"},
		{"stop, then a particular yes", []schemas.Consent{said(1, stop, "", ""), said(2, yes, "sms", "care")}, "do_not_contact"},
		{"stop, then a general yes", []schemas.Consent{said(1, stop, "all", "all"), said(2, yes, "all", "all")}, ""},
		{"a general yes, then an older stop arrives", []schemas.Consent{said(2, yes, "all", "all"), said(1, stop, "", "")}, ""},
		{"no to nobody knows what", []schemas.Consent{said(1, yes, "sms", "care"), said(2, no, "pigeon", "care")}, "consent_denied"},
		{"yes to nobody knows what", []schemas.Consent{said(1, yes, "", "care")}, "consent_unknown"},
		{"unknown", []schemas.Consent{said(1, schemas.ConsentStatusUnknown, "all", "all")}, "consent_unknown"},
	} {
		var s schemas.PolicyState
		for i := range c.said {
			keepConsent(&s, &c.said[i])
		}
		if got := consentRule(&s, "sms", "care"); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestQuietHoursAreThePersonsOwn(t *testing.T) {
	z := zones{}
	p := &ContactPolicy{QuietFrom: 21, QuietTo: 8}
	for _, c := range []struct {
		zone, at string
		want     string
		free     string // end of the day
	}{
		{"America/New_York", "2026-01-05T12:59:59Z", "quiet_hours", ""},
		{"America/New_York", "2026-01-05T13:00:00Z", "", "2026-01-06T02:00:00Z"},
		{"America/New_York", "2026-01-06T01:59:59Z", "", "2026-01-06T02:00:00Z"},
		{"America/New_York", "2026-01-06T02:00:00Z", "quiet_hours", ""},
		{"Pacific/Auckland", "2026-01-05T13:00:00Z", "quiet_hours", ""},
		{"Asia/Kathmandu", "2026-01-05T02:15:00Z", "", "2026-01-05T15:15:00Z"},
		{"America/New_York", "2026-03-08T13:00:00Z", "", "2026-03-09T01:00:00Z"}, // the day that the clock is set forward
		{"", "2026-01-05T15:00:00Z", "time_zone_unknown", ""},
		{"Local", "2026-01-05T15:00:00Z", "time_zone_unknown", ""},
		{"Mars/Olympus", "2026-01-05T15:00:00Z", "time_zone_unknown", ""},
		{"../../etc/passwd", "2026-01-05T15:00:00Z", "time_zone_unknown", ""},
	} {
		g := gate{policy: p, zones: z}
		g.open(&schemas.PolicyState{Adult: adultYes, TimeZone: c.zone}, moment(t, c.at), false)
		if g.closed != c.want {
			t.Errorf("%s in %q: got %q, want %q", c.at, c.zone, g.closed, c.want)
		}
		if c.free != "" && g.free != moment(t, c.free) {
			t.Errorf("%s in %q: free until %v, want %s", c.at, c.zone, g.free, c.free)
		}
	}
}

func TestGateIsClosedToWhomIsNotKnown(t *testing.T) {
	at := moment(t, "2026-01-05T15:00:00Z")
	for _, c := range []struct {
		state    schemas.PolicyState
		conflict bool
		want     string
	}{
		{schemas.PolicyState{TimeZone: "America/New_York"}, false, "age_unknown"},
		{schemas.PolicyState{TimeZone: "America/New_York", Adult: adultNo}, false, "under_age"},
		{schemas.PolicyState{Adult: adultYes}, false, "time_zone_unknown"},
		{schemas.PolicyState{TimeZone: "America/New_York", Adult: adultYes}, true, "identity_conflict"},
		{schemas.PolicyState{TimeZone: "America/New_York", Adult: adultYes}, false, ""},
	} {
		g := gate{policy: &ContactPolicy{QuietFrom: 21, QuietTo: 8}, zones: zones{}}
		g.open(&c.state, at, c.conflict)
		if g.closed != c.want {
			t.Errorf("got %q, want %q", g.closed, c.want)
		}
	}
}
