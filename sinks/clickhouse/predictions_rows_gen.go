// Code generated from the .avsc files by internal/chgen. DO NOT EDIT.

package clickhouse

import (
	"github.com/attune-health/attune/schemas"
)

// predictionsRows keeps rows of table predictions by column.
type predictionsRows struct {
	log             []any
	predictionID    []string
	personRef       []string
	asOf            []int64
	triggerID       []string
	channel         []any
	contactRef      []string
	phase           []any
	modelVersion    []any
	taxonomyVersion []any
	reasonsCode     [][]any
	reasonsP        [][]float64
	p15m            []float64
	p2h             []float64
	p24h            []float64
	p7d             []float64
	urgency         []float64
	effort          []float64
	frustration     []float64
	evidenceFeature [][]any
	evidenceWeight  [][]float64
	evidenceText    [][]string
	evidenceAt      [][]int64
	features        [][]int32
	expiresAt       []int64
	notKnown        [][]string
	contactKey      []string
	recordTopic     []any
	recordPartition []int32
	recordOffset    []int64
	version         []uint64
}

// append adds the row of one record. What the row keeps is copied to the scratch memory.
func (c *predictionsRows) append(s *scratch, r *schemas.Prediction, at place) {
	c.log = append(c.log, s.log)
	c.predictionID = append(c.predictionID, s.text(string(r.PredictionID)))
	c.personRef = append(c.personRef, s.text(string(r.PersonRef)))
	c.asOf = append(c.asOf, clampMillis(r.AsOf))
	c.triggerID = append(c.triggerID, s.text(string(r.TriggerID)))
	c.channel = append(c.channel, s.code(r.Channel.String()))
	c.contactRef = append(c.contactRef, s.text(string(r.ContactRef.Or(""))))
	c.phase = append(c.phase, s.code(r.Phase.String()))
	c.modelVersion = append(c.modelVersion, s.code(string(r.ModelVersion)))
	c.taxonomyVersion = append(c.taxonomyVersion, s.code(string(r.TaxonomyVersion)))
	c.p15m = append(c.p15m, r.P15m)
	c.p2h = append(c.p2h, r.P2h)
	c.p24h = append(c.p24h, r.P24h)
	c.p7d = append(c.p7d, r.P7d)
	c.urgency = append(c.urgency, r.Urgency)
	c.effort = append(c.effort, r.Effort)
	c.frustration = append(c.frustration, r.Frustration)
	c.expiresAt = append(c.expiresAt, clampMillis(r.ExpiresAt))
	c.contactKey = append(c.contactKey, s.text(string(r.ContactKey)))
	{
		n := len(r.Reasons)
		a0 := s.codes.take(n)
		a1 := s.float64s.take(n)
		for i := range n {
			e := &r.Reasons[i]
			a0[i] = s.code(string(e.Code))
			a1[i] = e.P
		}
		c.reasonsCode = append(c.reasonsCode, a0)
		s.size += n * 16
		c.reasonsP = append(c.reasonsP, a1)
		s.size += n * 8
	}
	{
		n := len(r.Evidence)
		a0 := s.codes.take(n)
		a1 := s.float64s.take(n)
		a2 := s.texts.take(n)
		a3 := s.int64s.take(n)
		for i := range n {
			e := &r.Evidence[i]
			a0[i] = s.code(string(e.Feature))
			a1[i] = e.Weight
			a2[i] = s.text(string(e.Text))
			a3[i] = clampMillis(e.At)
		}
		c.evidenceFeature = append(c.evidenceFeature, a0)
		s.size += n * 16
		c.evidenceWeight = append(c.evidenceWeight, a1)
		s.size += n * 8
		c.evidenceText = append(c.evidenceText, a2)
		s.size += n * 16
		c.evidenceAt = append(c.evidenceAt, a3)
		s.size += n * 8
	}
	{
		n := len(r.Features)
		a0 := s.int32s.take(n)
		for i := range n {
			e := &r.Features[i]
			a0[i] = *e
		}
		c.features = append(c.features, a0)
		s.size += n * 4
	}
	{
		n := len(r.NotKnown)
		a0 := s.texts.take(n)
		for i := range n {
			e := &r.NotKnown[i]
			a0[i] = s.text(string(*e))
		}
		c.notKnown = append(c.notKnown, a0)
		s.size += n * 16
	}
	c.recordTopic = append(c.recordTopic, at.topic)
	c.recordPartition = append(c.recordPartition, at.partition)
	c.recordOffset = append(c.recordOffset, at.offset)
	c.version = append(c.version, uint64(at.offset))
	s.size += 460
}

func (c *predictionsRows) spec() tableSpec { return factTable("predictions") }

func (c *predictionsRows) rows() int { return len(c.log) }

func (c *predictionsRows) reset() {
	c.log = c.log[:0]
	c.predictionID = c.predictionID[:0]
	c.personRef = c.personRef[:0]
	c.asOf = c.asOf[:0]
	c.triggerID = c.triggerID[:0]
	c.channel = c.channel[:0]
	c.contactRef = c.contactRef[:0]
	c.phase = c.phase[:0]
	c.modelVersion = c.modelVersion[:0]
	c.taxonomyVersion = c.taxonomyVersion[:0]
	c.reasonsCode = c.reasonsCode[:0]
	c.reasonsP = c.reasonsP[:0]
	c.p15m = c.p15m[:0]
	c.p2h = c.p2h[:0]
	c.p24h = c.p24h[:0]
	c.p7d = c.p7d[:0]
	c.urgency = c.urgency[:0]
	c.effort = c.effort[:0]
	c.frustration = c.frustration[:0]
	c.evidenceFeature = c.evidenceFeature[:0]
	c.evidenceWeight = c.evidenceWeight[:0]
	c.evidenceText = c.evidenceText[:0]
	c.evidenceAt = c.evidenceAt[:0]
	c.features = c.features[:0]
	c.expiresAt = c.expiresAt[:0]
	c.notKnown = c.notKnown[:0]
	c.contactKey = c.contactKey[:0]
	c.recordTopic = c.recordTopic[:0]
	c.recordPartition = c.recordPartition[:0]
	c.recordOffset = c.recordOffset[:0]
	c.version = c.version[:0]
}

func (c *predictionsRows) place(i int) place {
	return place{topic: c.recordTopic[i], partition: c.recordPartition[i], offset: c.recordOffset[i]}
}

// write gives rows [from, to) to an insert, column by column in the order of the table.
func (c *predictionsRows) write(w *columnWriter, from, to int) {
	writeColumn(w, c.log[from:to])
	writeColumn(w, c.predictionID[from:to])
	writeColumn(w, c.personRef[from:to])
	writeColumn(w, c.asOf[from:to])
	writeColumn(w, c.triggerID[from:to])
	writeColumn(w, c.channel[from:to])
	writeColumn(w, c.contactRef[from:to])
	writeColumn(w, c.phase[from:to])
	writeColumn(w, c.modelVersion[from:to])
	writeColumn(w, c.taxonomyVersion[from:to])
	writeArrays(w, c.reasonsCode[from:to])
	writeArrays(w, c.reasonsP[from:to])
	writeColumn(w, c.p15m[from:to])
	writeColumn(w, c.p2h[from:to])
	writeColumn(w, c.p24h[from:to])
	writeColumn(w, c.p7d[from:to])
	writeColumn(w, c.urgency[from:to])
	writeColumn(w, c.effort[from:to])
	writeColumn(w, c.frustration[from:to])
	writeArrays(w, c.evidenceFeature[from:to])
	writeArrays(w, c.evidenceWeight[from:to])
	writeArrays(w, c.evidenceText[from:to])
	writeArrays(w, c.evidenceAt[from:to])
	writeArrays(w, c.features[from:to])
	writeColumn(w, c.expiresAt[from:to])
	writeArrays(w, c.notKnown[from:to])
	writeColumn(w, c.contactKey[from:to])
	writeColumn(w, c.recordTopic[from:to])
	writeColumn(w, c.recordPartition[from:to])
	writeColumn(w, c.recordOffset[from:to])
	writeColumn(w, c.version[from:to])
}
