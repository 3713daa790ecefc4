// Code generated from the .avsc files by internal/chgen. DO NOT EDIT.

package clickhouse

import (
	"github.com/attune-health/attune/schemas"
)

// actionsRows keeps rows of table actions by column.
type actionsRows struct {
	log                    []any
	decisionID             []string
	supersedes             []string
	cancelled              []bool
	delivered              []bool
	personRef              []string
	contactRef             []string
	asOf                   []int64
	expiresAt              []int64
	triggerID              []string
	predictionID           []string
	policyVersion          []any
	modelVersion           []any
	taxonomyVersion        []any
	reasonsCode            [][]any
	reasonsP               [][]float64
	p15m                   []float64
	p24h                   []float64
	urgency                []float64
	effort                 []float64
	frustration            []float64
	lastResort             []bool
	alternativesID         [][]any
	alternativesTreatment  [][]any
	alternativesChannel    [][]any
	alternativesScore      [][]float64
	alternativesPropensity [][]float64
	receiptAction          [][]any
	receiptStage           [][]any
	receiptRule            [][]any
	evidenceFeature        [][]any
	evidenceWeight         [][]float64
	evidenceText           [][]string
	evidenceAt             [][]int64
	arm                    []any
	degraded               [][]any
	ingestedAt             []int64
	actionID               []any
	actionTreatment        []any
	actionChannel          []any
	actionScore            []float64
	actionPropensity       []float64
	recordTopic            []any
	recordPartition        []int32
	recordOffset           []int64
	version                []uint64
}

// append adds the row of one record. What the row keeps is copied to the scratch memory.
func (c *actionsRows) append(s *scratch, r *schemas.NextBestAction, at place) {
	c.log = append(c.log, s.log)
	c.decisionID = append(c.decisionID, s.text(string(r.DecisionID)))
	c.supersedes = append(c.supersedes, s.text(string(r.Supersedes.Or(""))))
	c.cancelled = append(c.cancelled, r.Cancelled)
	c.delivered = append(c.delivered, r.Delivered)
	c.personRef = append(c.personRef, s.text(string(r.PersonRef)))
	c.contactRef = append(c.contactRef, s.text(string(r.ContactRef.Or(""))))
	c.asOf = append(c.asOf, clampMillis(r.AsOf))
	c.expiresAt = append(c.expiresAt, clampMillis(r.ExpiresAt))
	c.triggerID = append(c.triggerID, s.text(string(r.TriggerID)))
	c.predictionID = append(c.predictionID, s.text(string(r.PredictionID)))
	c.policyVersion = append(c.policyVersion, s.code(string(r.PolicyVersion)))
	c.modelVersion = append(c.modelVersion, s.code(string(r.ModelVersion)))
	c.taxonomyVersion = append(c.taxonomyVersion, s.code(string(r.TaxonomyVersion)))
	c.p15m = append(c.p15m, r.P15m)
	c.p24h = append(c.p24h, r.P24h)
	c.urgency = append(c.urgency, r.Urgency)
	c.effort = append(c.effort, r.Effort)
	c.frustration = append(c.frustration, r.Frustration)
	c.lastResort = append(c.lastResort, r.LastResort)
	c.arm = append(c.arm, s.code(string(r.Arm)))
	c.ingestedAt = append(c.ingestedAt, clampMillis(r.IngestedAt))
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
		n := len(r.Alternatives)
		a0 := s.codes.take(n)
		a1 := s.codes.take(n)
		a2 := s.codes.take(n)
		a3 := s.float64s.take(n)
		a4 := s.float64s.take(n)
		for i := range n {
			e := &r.Alternatives[i]
			a0[i] = s.code(string(e.ID))
			a1[i] = s.code(string(e.Treatment))
			a2[i] = s.code(string(e.Channel))
			a3[i] = e.Score
			a4[i] = e.Propensity
		}
		c.alternativesID = append(c.alternativesID, a0)
		s.size += n * 16
		c.alternativesTreatment = append(c.alternativesTreatment, a1)
		s.size += n * 16
		c.alternativesChannel = append(c.alternativesChannel, a2)
		s.size += n * 16
		c.alternativesScore = append(c.alternativesScore, a3)
		s.size += n * 8
		c.alternativesPropensity = append(c.alternativesPropensity, a4)
		s.size += n * 8
	}
	{
		n := len(r.Receipt)
		a0 := s.codes.take(n)
		a1 := s.codes.take(n)
		a2 := s.codes.take(n)
		for i := range n {
			e := &r.Receipt[i]
			a0[i] = s.code(string(e.Action))
			a1[i] = s.code(e.Stage.String())
			a2[i] = s.code(string(e.Rule))
		}
		c.receiptAction = append(c.receiptAction, a0)
		s.size += n * 16
		c.receiptStage = append(c.receiptStage, a1)
		s.size += n * 16
		c.receiptRule = append(c.receiptRule, a2)
		s.size += n * 16
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
		n := len(r.Degraded)
		a0 := s.codes.take(n)
		for i := range n {
			e := &r.Degraded[i]
			a0[i] = s.code(string(*e))
		}
		c.degraded = append(c.degraded, a0)
		s.size += n * 16
	}
	c.actionID = append(c.actionID, s.code(string(r.Action.ID)))
	c.actionTreatment = append(c.actionTreatment, s.code(string(r.Action.Treatment)))
	c.actionChannel = append(c.actionChannel, s.code(string(r.Action.Channel)))
	c.actionScore = append(c.actionScore, r.Action.Score)
	c.actionPropensity = append(c.actionPropensity, r.Action.Propensity)
	c.recordTopic = append(c.recordTopic, at.topic)
	c.recordPartition = append(c.recordPartition, at.partition)
	c.recordOffset = append(c.recordOffset, at.offset)
	c.version = append(c.version, uint64(at.offset))
	s.size += 703
}

func (c *actionsRows) spec() tableSpec { return factTable("actions") }

func (c *actionsRows) rows() int { return len(c.log) }

func (c *actionsRows) reset() {
	c.log = c.log[:0]
	c.decisionID = c.decisionID[:0]
	c.supersedes = c.supersedes[:0]
	c.cancelled = c.cancelled[:0]
	c.delivered = c.delivered[:0]
	c.personRef = c.personRef[:0]
	c.contactRef = c.contactRef[:0]
	c.asOf = c.asOf[:0]
	c.expiresAt = c.expiresAt[:0]
	c.triggerID = c.triggerID[:0]
	c.predictionID = c.predictionID[:0]
	c.policyVersion = c.policyVersion[:0]
	c.modelVersion = c.modelVersion[:0]
	c.taxonomyVersion = c.taxonomyVersion[:0]
	c.reasonsCode = c.reasonsCode[:0]
	c.reasonsP = c.reasonsP[:0]
	c.p15m = c.p15m[:0]
	c.p24h = c.p24h[:0]
	c.urgency = c.urgency[:0]
	c.effort = c.effort[:0]
	c.frustration = c.frustration[:0]
	c.lastResort = c.lastResort[:0]
	c.alternativesID = c.alternativesID[:0]
	c.alternativesTreatment = c.alternativesTreatment[:0]
	c.alternativesChannel = c.alternativesChannel[:0]
	c.alternativesScore = c.alternativesScore[:0]
	c.alternativesPropensity = c.alternativesPropensity[:0]
	c.receiptAction = c.receiptAction[:0]
	c.receiptStage = c.receiptStage[:0]
	c.receiptRule = c.receiptRule[:0]
	c.evidenceFeature = c.evidenceFeature[:0]
	c.evidenceWeight = c.evidenceWeight[:0]
	c.evidenceText = c.evidenceText[:0]
	c.evidenceAt = c.evidenceAt[:0]
	c.arm = c.arm[:0]
	c.degraded = c.degraded[:0]
	c.ingestedAt = c.ingestedAt[:0]
	c.actionID = c.actionID[:0]
	c.actionTreatment = c.actionTreatment[:0]
	c.actionChannel = c.actionChannel[:0]
	c.actionScore = c.actionScore[:0]
	c.actionPropensity = c.actionPropensity[:0]
	c.recordTopic = c.recordTopic[:0]
	c.recordPartition = c.recordPartition[:0]
	c.recordOffset = c.recordOffset[:0]
	c.version = c.version[:0]
}

func (c *actionsRows) place(i int) place {
	return place{topic: c.recordTopic[i], partition: c.recordPartition[i], offset: c.recordOffset[i]}
}

// write gives rows [from, to) to an insert, column by column in the order of the table.
func (c *actionsRows) write(w *columnWriter, from, to int) {
	writeColumn(w, c.log[from:to])
	writeColumn(w, c.decisionID[from:to])
	writeColumn(w, c.supersedes[from:to])
	writeColumn(w, c.cancelled[from:to])
	writeColumn(w, c.delivered[from:to])
	writeColumn(w, c.personRef[from:to])
	writeColumn(w, c.contactRef[from:to])
	writeColumn(w, c.asOf[from:to])
	writeColumn(w, c.expiresAt[from:to])
	writeColumn(w, c.triggerID[from:to])
	writeColumn(w, c.predictionID[from:to])
	writeColumn(w, c.policyVersion[from:to])
	writeColumn(w, c.modelVersion[from:to])
	writeColumn(w, c.taxonomyVersion[from:to])
	writeArrays(w, c.reasonsCode[from:to])
	writeArrays(w, c.reasonsP[from:to])
	writeColumn(w, c.p15m[from:to])
	writeColumn(w, c.p24h[from:to])
	writeColumn(w, c.urgency[from:to])
	writeColumn(w, c.effort[from:to])
	writeColumn(w, c.frustration[from:to])
	writeColumn(w, c.lastResort[from:to])
	writeArrays(w, c.alternativesID[from:to])
	writeArrays(w, c.alternativesTreatment[from:to])
	writeArrays(w, c.alternativesChannel[from:to])
	writeArrays(w, c.alternativesScore[from:to])
	writeArrays(w, c.alternativesPropensity[from:to])
	writeArrays(w, c.receiptAction[from:to])
	writeArrays(w, c.receiptStage[from:to])
	writeArrays(w, c.receiptRule[from:to])
	writeArrays(w, c.evidenceFeature[from:to])
	writeArrays(w, c.evidenceWeight[from:to])
	writeArrays(w, c.evidenceText[from:to])
	writeArrays(w, c.evidenceAt[from:to])
	writeColumn(w, c.arm[from:to])
	writeArrays(w, c.degraded[from:to])
	writeColumn(w, c.ingestedAt[from:to])
	writeColumn(w, c.actionID[from:to])
	writeColumn(w, c.actionTreatment[from:to])
	writeColumn(w, c.actionChannel[from:to])
	writeColumn(w, c.actionScore[from:to])
	writeColumn(w, c.actionPropensity[from:to])
	writeColumn(w, c.recordTopic[from:to])
	writeColumn(w, c.recordPartition[from:to])
	writeColumn(w, c.recordOffset[from:to])
	writeColumn(w, c.version[from:to])
}
