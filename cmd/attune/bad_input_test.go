package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// step is a touchpoint of the web that nothing is wrong with.
func step(id string, change ...func(*schemas.Touchpoint)) *schemas.Touchpoint {
	now := schemas.Millis(time.Now().UnixMilli())
	t := &schemas.Touchpoint{
		EventID: "test/" + id, OccurredAt: now, ReceivedAt: now, Channel: schemas.ChannelWeb,
		Identifiers: []schemas.Identifier{{Kind: schemas.IdentifierKindCookie, Value: "cookie-" + schemas.Protected(id)}},
		Body:        schemas.TouchpointBody{Kind: schemas.TouchpointBodyWeb, Web: schemas.Web{Event: schemas.WebEventPageView, Page: "home"}},
	}
	for _, c := range change {
		c(t)
	}
	return t
}

// badRecord is a record that must be rejected.
type badRecord struct {
	name, topic string
	key, value  []byte
	headers     []pipeline.Header
	reason      string
	cut         bool // too large to be kept whole
}

// secretWord stands in every bad record, and must stand in no reason and no log.
const secretWord = "Planted-Patient-Word"

// badRecords are one of each kind. foreign is the id of a schema that is no touchpoint's.
func badRecords(p *plant, foreign, foreignText int32) []badRecord {
	web := schemas.TopicTouchpointsWeb
	touch := func(change func(*schemas.Touchpoint)) []byte {
		return p.framed(web, step("bad", func(t *schemas.Touchpoint) { t.Body.Web.Page = secretWord }, change))
	}
	good := touch(func(*schemas.Touchpoint) {})
	word := []byte(secretWord)
	huge := bytes.Repeat(word, 2<<20/len(word)+1)
	header := func(size int) []pipeline.Header {
		return []pipeline.Header{{Key: "ce_subject", Value: bytes.Repeat(word, size/len(word))}}
	}
	year := schemas.Millis(366 * 24 * time.Hour / time.Millisecond)
	return []badRecord{
		{name: "tombstone", topic: web, key: word, reason: "tombstone"},
		{name: "empty value", topic: web, value: []byte{}, reason: "undecodable"},
		{name: "not framed", topic: web, value: word, reason: "undecodable"},
		{name: "frame and nothing", topic: web, value: good[:5], reason: "undecodable"},
		{name: "cut off", topic: web, value: good[:len(good)-2], reason: "undecodable"},
		{name: "more than a record", topic: web, value: append(bytes.Clone(good), word...), reason: "undecodable"},
		{name: "noise behind our id", topic: web, value: append(bytes.Clone(good[:5]), bytes.Repeat([]byte{0xff}, 40)...), reason: "undecodable"},
		{name: "unknown schema id", topic: web, value: append([]byte{0, 0x7f, 0, 0, 1}, good[5:]...), reason: "unknown_schema"},
		{name: "negative schema id", topic: web, value: append([]byte{0, 0xff, 0, 0, 1}, good[5:]...), reason: "unknown_schema"},
		{name: "wrong types", topic: web, value: schemas.AppendFrame(nil, foreign), reason: "wrong_type"},
		{name: "a text for a record", topic: web, value: append(schemas.AppendFrame(nil, foreignText), append([]byte{byte(2 * len(word))}, word...)...), reason: "wrong_type"},
		{name: "body of another channel", topic: web, value: touch(func(t *schemas.Touchpoint) { t.Body.Kind = schemas.TouchpointBodyCall }), reason: "wrong_type"},
		{name: "no event id", topic: web, value: touch(func(t *schemas.Touchpoint) { t.EventID = "" }), reason: "missing_event_id"},
		{name: "event id of a page", topic: web, value: touch(func(t *schemas.Touchpoint) { t.EventID = strings.Repeat(secretWord, 50) }), reason: "too_large"},
		{name: "no identifier", topic: web, value: touch(func(t *schemas.Touchpoint) { t.Identifiers = nil }), reason: "missing_identifier"},
		{name: "identifier of a kilobyte", topic: web, value: touch(func(t *schemas.Touchpoint) {
			t.Identifiers[0].Value = schemas.Protected(strings.Repeat(secretWord, 50))
		}), reason: "absurd_identifier"},
		{name: "identifier 0000", topic: web, value: touch(func(t *schemas.Touchpoint) { t.Identifiers[0].Value = "0000" }), reason: "absurd_identifier"},
		{name: "1970", topic: web, value: touch(func(t *schemas.Touchpoint) { t.OccurredAt = 1 }), reason: "absurd_time"},
		{name: "a year ahead", topic: web, value: touch(func(t *schemas.Touchpoint) { t.OccurredAt += year }), reason: "absurd_time"},
		{name: "end of time", topic: web, value: touch(func(t *schemas.Touchpoint) { t.OccurredAt = 1<<63 - 1 }), reason: "absurd_time"},
		{name: "beginning of time", topic: web, value: touch(func(t *schemas.Touchpoint) { t.OccurredAt = -1 << 63 }), reason: "absurd_time"},
		{name: "unknown channel", topic: web, value: touch(func(t *schemas.Touchpoint) { t.Channel = schemas.ChannelUnknown }), reason: "unknown_channel"},
		{name: "channel of another topic", topic: schemas.TopicTouchpointsApp, value: good, reason: "unknown_channel"},
		{name: "unknown reason", topic: web, value: touch(func(t *schemas.Touchpoint) { t.Body.Web.Reason = secretWord }), reason: "unknown_reason"},
		{name: "large", topic: web, value: touch(func(t *schemas.Touchpoint) {
			t.Body.Web.Page = schemas.Protected(strings.Repeat(secretWord, 300<<10/len(word)))
		}), reason: "too_large"},
		{name: "too large to keep", topic: web, value: huge, reason: "too_large", cut: true},
		{name: "giant headers", topic: web, value: word, headers: header(900 << 10), reason: "undecodable"},
		{name: "headers too large to keep", topic: web, value: word, headers: header(1100 << 10), reason: "undecodable", cut: true},
		{name: "giant key", topic: web, key: huge[:600<<10], value: word, reason: "undecodable", cut: true},
		{name: "a thousand headers", topic: web, value: word, headers: bytesToHeaders(word, 1000), reason: "undecodable"},
		{name: "phantom", topic: schemas.TopicTouchpointsCall, value: p.framed(web, step("phantom", func(t *schemas.Touchpoint) {
			t.Channel, t.Body.Kind, t.Body.Call = schemas.ChannelCall, schemas.TouchpointBodyCall, schemas.Call{Phantom: true, Queue: secretWord}
		})), reason: "phantom"},
		{name: "consent", topic: schemas.TopicConsents, value: good, reason: "wrong_type"},
		{name: "consent of nobody", topic: schemas.TopicConsents, value: p.framed(schemas.TopicConsents, &schemas.Consent{EventID: "c", OccurredAt: step("").OccurredAt, Channel: secretWord}), reason: "missing_identifier"},
		{name: "outcome of no person", topic: schemas.TopicActionOutcomes, value: p.framed(schemas.TopicActionOutcomes, &schemas.ActionOutcome{EventID: "o", OccurredAt: step("").OccurredAt, PersonRef: secretWord}), reason: "unknown_person"},
		{name: "outcome of a made-up person", topic: schemas.TopicActionOutcomes, value: p.framed(schemas.TopicActionOutcomes, &schemas.ActionOutcome{EventID: "o2", OccurredAt: step("").OccurredAt, PersonRef: secretWord + "-12345"}), reason: "unknown_person"},
		{name: "link", topic: schemas.TopicIdentityLinks, key: word, value: word, reason: "undecodable"},
		{name: "link tombstone", topic: schemas.TopicIdentityLinks, key: word, reason: "tombstone"},
		{name: "link of an unknown kind", topic: schemas.TopicIdentityLinks, value: p.framed(schemas.TopicIdentityLinks, &schemas.IdentityLink{EventID: "l", OccurredAt: step("").OccurredAt, Source: secretWord}), reason: "unsupported_op"},
		{name: "link without identifier", topic: schemas.TopicIdentityLinks, value: p.framed(schemas.TopicIdentityLinks, &schemas.IdentityLink{EventID: "l2", OccurredAt: step("").OccurredAt, Op: schemas.LinkOpLink, Source: secretWord}), reason: "absurd_identifier"},
	}
}

func bytesToHeaders(value []byte, n int) []pipeline.Header {
	out := make([]pipeline.Header, n)
	for i := range out {
		out[i] = pipeline.Header{Key: fmt.Sprint("h", i), Value: value}
	}
	return out
}

// register adds a schema that is not ours to the registry.
func (p *plant) register(subject, schema string) int32 {
	p.t.Helper()
	body, err := json.Marshal(map[string]string{"schema": schema})
	if err != nil {
		p.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, p.parts.Registry.URL()+"/subjects/"+subject+"/versions", bytes.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/vnd.schemaregistry.v1+json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	var answer struct {
		ID int32 `json:"id"`
	}
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil || answer.ID == 0 {
		p.t.Fatalf("register %s: %s %v", subject, res.Status, err)
	}
	return answer.ID
}

// Every bad record goes to touchpoints.rejected with its reason and place, and the partition goes on.
func TestBadRecordIsRejectedAndItsPartitionGoesOn(t *testing.T) {
	t.Parallel()
	p := newPlant(t, "telemetry: {listen: '127.0.0.1:0', log_level: debug}\n")
	// A site's own source topics may take more than attune keeps.
	p.recreate(schemas.TopicTouchpointsWeb, 2, map[string]string{"max.message.bytes": "8388608"})
	wrong := p.register("foreign-value", `{"type":"record","name":"Touchpoint","namespace":"health.attune","fields":[{"name":"event_id","type":"null"}]}`)
	text := p.register("foreign-text", `"string"`)
	bad := badRecords(p, wrong, text)
	for i := range bad {
		b := &bad[i]
		p.send(b.topic, 0, b.key, b.value, b.headers...)
		if b.topic == schemas.TopicTouchpointsWeb {
			p.send(b.topic, 0, nil, p.framed(b.topic, step(fmt.Sprint("after-", i))))
		}
	}
	runs := start(t, "run", "--config", p.config)
	runs.ready(t)
	p.quiet("attune")

	got := map[pipeline.TopicPartition]map[int64]schemas.RejectedRecord{}
	p.each(schemas.TopicTouchpointsRejected, func(r *pipeline.Record) {
		v := decoded[schemas.RejectedRecord](t, r.Value)
		tp := pipeline.TopicPartition{Topic: v.Topic, Partition: v.Partition}
		if got[tp] == nil {
			got[tp] = map[int64]schemas.RejectedRecord{}
		}
		if _, twice := got[tp][v.Offset]; twice {
			t.Errorf("%v offset %d was rejected twice", tp, v.Offset)
		}
		got[tp][v.Offset] = v
		for _, h := range r.Headers {
			if bytes.Contains(h.Value, []byte(secretWord)) {
				t.Errorf("%s offset %d: header %s of the rejected record holds a word of the record", v.Topic, v.Offset, h.Key)
			}
		}
	})
	checkRejected(t, bad, got)

	after := p.identified()
	for i := range bad {
		id := fmt.Sprint("test/after-", i)
		if _, ok := after[id]; !ok && bad[i].topic == schemas.TopicTouchpointsWeb {
			t.Errorf("%s: the touchpoint after it did not pass", bad[i].name)
		}
		delete(after, id)
	}
	for id := range after {
		t.Errorf("%s passed", id)
	}
	_, metrics := runs.page(t, "/metrics")
	for _, want := range []string{`attune_rejected_records_total{reason="undecodable",role="ingest",topic="touchpoints.web"}`, `reason="tombstone",role="identity"`} {
		if !strings.Contains(metrics, want) {
			t.Errorf("/metrics lacks %s", want)
		}
	}
	if strings.Contains(metrics, secretWord) || strings.Contains(runs.LogEnd(), secretWord) {
		t.Error("a word of a record is in the metrics or in the log")
	}
	runs.stop(t)
}

func checkRejected(t *testing.T, bad []badRecord, got map[pipeline.TopicPartition]map[int64]schemas.RejectedRecord) {
	t.Helper()
	offsets := map[pipeline.TopicPartition]int64{}
	for i := range bad {
		b := &bad[i]
		tp := pipeline.TopicPartition{Topic: b.topic}
		offset := offsets[tp]
		offsets[tp]++
		if b.topic == schemas.TopicTouchpointsWeb {
			offsets[tp]++ // the good one after it
		}
		v, ok := got[tp][offset]
		delete(got[tp], offset)
		if !ok {
			t.Errorf("%s: not rejected", b.name)
			continue
		}
		if v.Reason != b.reason || strings.Contains(v.Detail+v.EventID, secretWord) {
			t.Errorf("%s: rejected as %s (%s), want %s", b.name, v.Reason, v.Detail, b.reason)
		}
		checkKept(t, b, &v)
	}
	for tp, rest := range got {
		for offset, v := range rest {
			t.Errorf("%v offset %d was rejected as %s", tp, offset, v.Reason)
		}
	}
}

// checkKept says whether the rejected record holds what it should of the one that it is about.
func checkKept(t *testing.T, b *badRecord, v *schemas.RejectedRecord) {
	t.Helper()
	if v.Size != int64(len(b.value)) {
		t.Errorf("%s: size %d, want %d", b.name, v.Size, len(b.value))
	}
	if b.cut {
		sum := sha256.Sum256(b.value)
		if !bytes.Equal(v.Sha256.V, sum[:]) || len(v.Value.V) > 1<<10 || !bytes.HasPrefix(b.value, v.Value.V) || len(v.Key.V) > 1<<10 || len(v.Headers) > 0 {
			t.Errorf("%s: not a pointer, hash and prefix", b.name)
		}
		return
	}
	if !bytes.Equal(v.Value.V, b.value) || v.Value.OK != (b.value != nil) || !bytes.Equal(v.Key.V, b.key) || len(v.Headers) != len(b.headers) {
		t.Errorf("%s: not whole: %d bytes of value, %d of key, %d headers", b.name, len(v.Value.V), len(v.Key.V), len(v.Headers))
		return
	}
	for i, h := range b.headers {
		if v.Headers[i].Key != h.Key || !bytes.Equal(v.Headers[i].Value, h.Value) {
			t.Errorf("%s: header %d differs", b.name, i)
		}
	}
}
