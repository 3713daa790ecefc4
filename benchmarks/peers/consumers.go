package main

import (
	"encoding/binary"
	"strconv"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/state"
)

// shuffleTopics are the topics of one run of ShuffleBench.
type shuffleTopics struct{ Input, Matched, Output, Changelog string }

// topology is ShuffleBench on attune's engine: every record goes to the consumers whose rules it
// matches, through a topic that is keyed by them.
func (t *shuffleTopics) topology(m *matcher) *pipeline.Topology {
	return &pipeline.Topology{
		Name: "shufflebench",
		Roles: []pipeline.Role{
			{Name: "match", Sources: []pipeline.Source{{Topic: t.Input, Channel: pipeline.NoChannel}}, New: func(s *pipeline.Setup) (pipeline.Processor, error) {
				return &match{matcher: m, matched: s.Output(t.Matched)}, nil
			}},
			{Name: "consume", Sources: []pipeline.Source{{Topic: t.Matched, Channel: pipeline.NoChannel}}, Changelog: t.Changelog, New: func(s *pipeline.Setup) (pipeline.Processor, error) {
				return &consume{consumers: state.NewMap(s, "consumers", consumerCodec{}), output: s.Output(t.Output)}, nil
			}},
		},
	}
}

// match sends each record to its consumers, with the broker's time of it before it: that of the topic in
// between would be another.
type match struct {
	matcher *matcher
	matched pipeline.Output
	rules   []uint32
	glimpse uint64 // what was seen ahead, so that looking is not left out
	key     []byte
	value   []byte
}

const consumerPrefix = "consumer_"

// Process implements pipeline.Processor.
func (m *match) Process(ctx *pipeline.Context, r *pipeline.Record) error {
	m.rules = m.matcher.match(r.Value, m.rules[:0])
	if len(m.rules) == 0 {
		return nil
	}
	m.value = binary.BigEndian.AppendUint64(m.value[:0], uint64(r.Timestamp))
	m.value = append(m.value, r.Value...)
	for _, n := range m.rules {
		m.key = strconv.AppendUint(append(m.key[:0], consumerPrefix...), uint64(n), 10)
		ctx.Emit(m.matched, m.key, m.value)
	}
	return nil
}

// consumer is the state of one consumer.
type consumer struct {
	count uint64 // since its last output
	sum   uint64 // of the records' first 8 bytes
	first int64  // time of the first and the last record
	last  int64
	known bool
}

// Ahead implements pipeline.AheadHandler: it looks at the candidates of the records' slots.
func (m *match) Ahead(records []pipeline.Record) {
	for i := range records {
		m.glimpse += m.matcher.glimpse(records[i].Value)
	}
}

const (
	outputEvery  = 10
	consumerSize = 32
)

// consume is the consumers of one partition: every tenth record gives an output, which is the state.
type consume struct {
	consumers *state.Map[consumer]
	output    pipeline.Output
	value     []byte
	glimpse   uint64
}

// Process implements pipeline.Processor.
func (c *consume) Process(ctx *pipeline.Context, r *pipeline.Record) error {
	if len(r.Value) < 16 {
		return pipeline.Invalid("malformed", errMalformed)
	}
	s := c.consumers.GetBytes(r.Key)
	if s == nil {
		s = c.consumers.GetOrCreate(string(r.Key))
	}
	c.consumers.Changed(s)
	if !s.known {
		s.known, s.count = true, firstCount(r.Key)
	}
	at := int64(binary.BigEndian.Uint64(r.Value))
	if s.first == 0 {
		s.first = at
	}
	s.count++
	s.sum += binary.LittleEndian.Uint64(r.Value[8:])
	s.last = at
	if s.count == outputEvery {
		c.value = consumerCodec{}.AppendValue(c.value[:0], s)
		ctx.Emit(c.output, r.Key, c.value)
		*s = consumer{known: true}
	}
	return nil
}

// Ahead implements pipeline.AheadHandler: it looks at the state of the records' consumers.
func (c *consume) Ahead(records []pipeline.Record) {
	for i := range records {
		if s := c.consumers.GetBytes(records[i].Key); s != nil {
			c.glimpse += s.count
		}
	}
}

// firstCount is what a consumer counts from: outputs are spread over time.
func firstCount(key []byte) uint64 {
	var h uint64
	for _, c := range key {
		h = mix(h, uint64(c))
	}
	return h % outputEvery
}

type consumerCodec struct{}

// AppendValue implements state.Codec.
func (consumerCodec) AppendValue(b []byte, s *consumer) []byte {
	be := binary.BigEndian
	b = be.AppendUint64(b, s.count)
	b = be.AppendUint64(b, s.sum)
	b = be.AppendUint64(b, uint64(s.first))
	return be.AppendUint64(b, uint64(s.last))
}

// DecodeValue implements state.Codec.
func (consumerCodec) DecodeValue(b []byte, s *consumer) error {
	if len(b) != consumerSize {
		return pipeline.Corruptf("consumer of %d bytes", len(b))
	}
	be := binary.BigEndian
	*s = consumer{be.Uint64(b), be.Uint64(b[8:]), int64(be.Uint64(b[16:])), int64(be.Uint64(b[24:])), true}
	return nil
}
