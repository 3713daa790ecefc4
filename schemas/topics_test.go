package schemas

import (
	"encoding/hex"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTopicsAreWhatTheProtocolSays(t *testing.T) {
	specs := map[string]TopicSpec{}
	for _, s := range Topics(TopicConfig{Partitions: 4, MaxRecordBytes: 1000}) {
		if _, twice := specs[s.Name]; twice {
			t.Errorf("%s is there twice", s.Name)
		}
		specs[s.Name] = s
		if s.Record == "" {
			continue
		}
		if _, ok := DefinitionOf(s.Record); !ok {
			t.Errorf("%s has records of unknown type %s", s.Name, s.Record)
		}
	}
	want := map[string]map[string]string{
		TopicTouchpointsWeb:      {"cleanup.policy": "delete", "retention.ms": "604800000", "max.message.bytes": "1000"},
		TopicTouchpointsRejected: {"cleanup.policy": "delete", "retention.ms": "2592000000", "max.message.bytes": "66536"},
		TopicIdentityLinks:       {"cleanup.policy": "delete", "retention.ms": "-1"},
		TopicIdentity:            {"cleanup.policy": "compact", "min.compaction.lag.ms": "604800000"},
		TopicPersonas:            {"cleanup.policy": "compact"},
		TopicPatientChangelog:    {"cleanup.policy": "compact"},
		TopicDecisionInputs:      {"cleanup.policy": "delete", "retention.ms": "31536000000"},
	}
	for name, configs := range want {
		configs["message.timestamp.type"] = "LogAppendTime"
		if diff := cmp.Diff(specs[name].Configs(), configs); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	for _, name := range []string{TopicIdentityLinks, TopicIdentity, TopicTrainingExamples, TopicModels, TopicIdentityChangelog, TopicTrainerChangelog} {
		if specs[name].Partitions != 1 {
			t.Errorf("%s has %d partitions, want 1", name, specs[name].Partitions)
		}
	}
	for _, name := range []string{TopicIdentified, TopicPersonas, TopicActions, TopicPatientChangelog} {
		if specs[name].Partitions != 4 {
			t.Errorf("%s has %d partitions, want 4", name, specs[name].Partitions)
		}
	}
}

func TestTopicConfigIsChecked(t *testing.T) {
	if err := (TopicConfig{Partitions: -1, AuditRetention: -1, MaxRecordBytes: -1}).Validate(); err == nil {
		t.Error("passed")
	}
	if err := (TopicConfig{}).Validate(); err != nil {
		t.Error(err)
	}
}

func TestChannelsHaveTheirTopics(t *testing.T) {
	for c := ChannelUnknown + 1; c < ChannelCount; c++ {
		if got := ChannelOf(TouchpointTopic(c)); got != c {
			t.Errorf("got %v, want %v", got, c)
		}
	}
	if TouchpointTopic(ChannelUnknown) != "" || ChannelOf("personas") != ChannelUnknown {
		t.Error("an unknown channel has a topic")
	}
	if d, ok := RecordOf(TopicTouchpointsEhr); !ok || d.Name != "Touchpoint" {
		t.Errorf("got %v, %v", d.Name, ok)
	}
	if SubjectOf(TopicPersonas) != "personas-value" {
		t.Error(SubjectOf(TopicPersonas))
	}
}

func TestFrame(t *testing.T) {
	framed := AppendFrame([]byte("x"), 0x01020304)
	if got := hex.EncodeToString(framed); got != "780001020304" {
		t.Errorf("got %s", got)
	}
	id, payload, err := ParseFrame(append(framed[1:], "payload"...))
	if err != nil || id != 0x01020304 || string(payload) != "payload" {
		t.Errorf("got %d, %q, %v", id, payload, err)
	}
	for _, bad := range [][]byte{nil, {0}, {0, 0, 0, 1}, {1, 0, 0, 0, 1, 9}} {
		if _, _, err := ParseFrame(bad); !errors.Is(err, ErrFrame) {
			t.Errorf("%x: got %v", bad, err)
		}
	}
}

func TestEventHeaders(t *testing.T) {
	h := NewEventHeaders("/attune/patient", "NextBestAction")
	got := map[string]string{}
	for _, header := range h.Append(nil, "d-1", 915_431_400_000) {
		got[header.Key] = string(header.Value)
	}
	want := map[string]string{
		"ce_id": "d-1", "ce_source": "/attune/patient", "ce_type": "health.attune.NextBestAction", "ce_specversion": "1.0",
		"ce_time": "1999-01-04T06:30:00Z", "content-type": "application/avro",
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Error(diff)
	}
	scratch := make([]Header, 0, 8)
	if allocs := testing.AllocsPerRun(100, func() { scratch = h.Append(scratch[:0], "d-2", 915_431_400_000) }); allocs > 0 {
		t.Errorf("%v allocations", allocs)
	}
}

func TestHeadersOfOtherPackagesAreSearched(t *testing.T) {
	type theirs struct {
		Key   string
		Value []byte
	}
	headers := []theirs{{"a", []byte("1")}, {HeaderClock, []byte(ClockLog)}}
	if got, ok := FindHeader(headers, HeaderClock); !ok || string(got) != "log" {
		t.Errorf("got %q, %v", got, ok)
	}
	if _, ok := FindHeader(headers, HeaderID); ok {
		t.Error("found what is not there")
	}
}

func TestEventIDs(t *testing.T) {
	source, id := SplitEventID(EventID("//crm.example/calls", "4711"))
	if source != "//crm.example/calls" || id != "4711" {
		t.Errorf("got %q, %q", source, id)
	}
	if source, id = SplitEventID("bare"); source != "" || id != "bare" {
		t.Errorf("got %q, %q", source, id)
	}
}
