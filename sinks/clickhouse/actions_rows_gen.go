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
	alternativesService    [][]string
	alternativesNumber     [][]string
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
	dutiesCode             [][]any
	dutiesService          [][]string
	dutiesNumber           [][]string
	dutiesValue            [][]string
	dutiesBecause          [][]string
	factsCode              [][]any
	factsValue             [][]string
	factsDetail            [][]string
	factsN                 [][]int32
	factsAt                [][]int64
	factsEventID           [][]string
	redFlagsKind           [][]string
	redFlagsSource         [][]string
	redFlagsEventID        [][]string
	redFlagsAt             [][]int64
	news                   [][]string
	exposed                []string
	contactKey             []string
	actionID               []any
	actionTreatment        []any
	actionChannel          []any
	actionScore            []float64
	actionPropensity       []float64
	actionService          []string
	actionNumber           []string
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
	c.exposed = append(c.exposed, s.text(string(r.Exposed)))
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
		n := len(r.Alternatives)
		a0 := s.codes.take(n)
		a1 := s.codes.take(n)
		a2 := s.codes.take(n)
		a3 := s.float64s.take(n)
		a4 := s.float64s.take(n)
		a5 := s.texts.take(n)
		a6 := s.texts.take(n)
		for i := range n {
			e := &r.Alternatives[i]
			a0[i] = s.code(string(e.ID))
			a1[i] = s.code(string(e.Treatment))
			a2[i] = s.code(string(e.Channel))
			a3[i] = e.Score
			a4[i] = e.Propensity
			a5[i] = s.text(string(e.Service))
			a6[i] = s.text(string(e.Number))
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
		c.alternativesService = append(c.alternativesService, a5)
		s.size += n * 16
		c.alternativesNumber = append(c.alternativesNumber, a6)
		s.size += n * 16
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
	{
		n := len(r.Duties)
		a0 := s.codes.take(n)
		a1 := s.texts.take(n)
		a2 := s.texts.take(n)
		a3 := s.texts.take(n)
		a4 := s.texts.take(n)
		for i := range n {
			e := &r.Duties[i]
			a0[i] = s.code(string(e.Code))
			a1[i] = s.text(string(e.Service))
			a2[i] = s.text(string(e.Number))
			a3[i] = s.text(string(e.Value))
			a4[i] = s.text(string(e.Because))
		}
		c.dutiesCode = append(c.dutiesCode, a0)
		s.size += n * 16
		c.dutiesService = append(c.dutiesService, a1)
		s.size += n * 16
		c.dutiesNumber = append(c.dutiesNumber, a2)
		s.size += n * 16
		c.dutiesValue = append(c.dutiesValue, a3)
		s.size += n * 16
		c.dutiesBecause = append(c.dutiesBecause, a4)
		s.size += n * 16
	}
	{
		n := len(r.Facts)
		a0 := s.codes.take(n)
		a1 := s.texts.take(n)
		a2 := s.texts.take(n)
		a3 := s.int32s.take(n)
		a4 := s.int64s.take(n)
		a5 := s.texts.take(n)
		for i := range n {
			e := &r.Facts[i]
			a0[i] = s.code(string(e.Code))
			a1[i] = s.text(string(e.Value))
			a2[i] = s.text(string(e.Detail))
			a3[i] = e.N
			a4[i] = clampMillis(e.At)
			a5[i] = s.text(string(e.EventID))
		}
		c.factsCode = append(c.factsCode, a0)
		s.size += n * 16
		c.factsValue = append(c.factsValue, a1)
		s.size += n * 16
		c.factsDetail = append(c.factsDetail, a2)
		s.size += n * 16
		c.factsN = append(c.factsN, a3)
		s.size += n * 4
		c.factsAt = append(c.factsAt, a4)
		s.size += n * 8
		c.factsEventID = append(c.factsEventID, a5)
		s.size += n * 16
	}
	{
		n := len(r.RedFlags)
		a0 := s.texts.take(n)
		a1 := s.texts.take(n)
		a2 := s.texts.take(n)
		a3 := s.int64s.take(n)
		for i := range n {
			e := &r.RedFlags[i]
			a0[i] = s.text(string(e.Kind))
			a1[i] = s.text(string(e.Source))
			a2[i] = s.text(string(e.EventID))
			a3[i] = clampMillis(e.At)
		}
		c.redFlagsKind = append(c.redFlagsKind, a0)
		s.size += n * 16
		c.redFlagsSource = append(c.redFlagsSource, a1)
		s.size += n * 16
		c.redFlagsEventID = append(c.redFlagsEventID, a2)
		s.size += n * 16
		c.redFlagsAt = append(c.redFlagsAt, a3)
		s.size += n * 8
	}
	{
		n := len(r.News)
		a0 := s.texts.take(n)
		for i := range n {
			e := &r.News[i]
			a0[i] = s.text(string(*e))
		}
		c.news = append(c.news, a0)
		s.size += n * 16
	}
	c.actionID = append(c.actionID, s.code(string(r.Action.ID)))
	c.actionTreatment = append(c.actionTreatment, s.code(string(r.Action.Treatment)))
	c.actionChannel = append(c.actionChannel, s.code(string(r.Action.Channel)))
	c.actionScore = append(c.actionScore, r.Action.Score)
	c.actionPropensity = append(c.actionPropensity, r.Action.Propensity)
	c.actionService = append(c.actionService, s.text(string(r.Action.Service)))
	c.actionNumber = append(c.actionNumber, s.text(string(r.Action.Number)))
	c.recordTopic = append(c.recordTopic, at.topic)
	c.recordPartition = append(c.recordPartition, at.partition)
	c.recordOffset = append(c.recordOffset, at.offset)
	c.version = append(c.version, uint64(at.offset))
	s.size += 1199
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
	c.alternativesService = c.alternativesService[:0]
	c.alternativesNumber = c.alternativesNumber[:0]
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
	c.dutiesCode = c.dutiesCode[:0]
	c.dutiesService = c.dutiesService[:0]
	c.dutiesNumber = c.dutiesNumber[:0]
	c.dutiesValue = c.dutiesValue[:0]
	c.dutiesBecause = c.dutiesBecause[:0]
	c.factsCode = c.factsCode[:0]
	c.factsValue = c.factsValue[:0]
	c.factsDetail = c.factsDetail[:0]
	c.factsN = c.factsN[:0]
	c.factsAt = c.factsAt[:0]
	c.factsEventID = c.factsEventID[:0]
	c.redFlagsKind = c.redFlagsKind[:0]
	c.redFlagsSource = c.redFlagsSource[:0]
	c.redFlagsEventID = c.redFlagsEventID[:0]
	c.redFlagsAt = c.redFlagsAt[:0]
	c.news = c.news[:0]
	c.exposed = c.exposed[:0]
	c.contactKey = c.contactKey[:0]
	c.actionID = c.actionID[:0]
	c.actionTreatment = c.actionTreatment[:0]
	c.actionChannel = c.actionChannel[:0]
	c.actionScore = c.actionScore[:0]
	c.actionPropensity = c.actionPropensity[:0]
	c.actionService = c.actionService[:0]
	c.actionNumber = c.actionNumber[:0]
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
	writeArrays(w, c.alternativesService[from:to])
	writeArrays(w, c.alternativesNumber[from:to])
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
	writeArrays(w, c.dutiesCode[from:to])
	writeArrays(w, c.dutiesService[from:to])
	writeArrays(w, c.dutiesNumber[from:to])
	writeArrays(w, c.dutiesValue[from:to])
	writeArrays(w, c.dutiesBecause[from:to])
	writeArrays(w, c.factsCode[from:to])
	writeArrays(w, c.factsValue[from:to])
	writeArrays(w, c.factsDetail[from:to])
	writeArrays(w, c.factsN[from:to])
	writeArrays(w, c.factsAt[from:to])
	writeArrays(w, c.factsEventID[from:to])
	writeArrays(w, c.redFlagsKind[from:to])
	writeArrays(w, c.redFlagsSource[from:to])
	writeArrays(w, c.redFlagsEventID[from:to])
	writeArrays(w, c.redFlagsAt[from:to])
	writeArrays(w, c.news[from:to])
	writeColumn(w, c.exposed[from:to])
	writeColumn(w, c.contactKey[from:to])
	writeColumn(w, c.actionID[from:to])
	writeColumn(w, c.actionTreatment[from:to])
	writeColumn(w, c.actionChannel[from:to])
	writeColumn(w, c.actionScore[from:to])
	writeColumn(w, c.actionPropensity[from:to])
	writeColumn(w, c.actionService[from:to])
	writeColumn(w, c.actionNumber[from:to])
	writeColumn(w, c.recordTopic[from:to])
	writeColumn(w, c.recordPartition[from:to])
	writeColumn(w, c.recordOffset[from:to])
	writeColumn(w, c.version[from:to])
}
