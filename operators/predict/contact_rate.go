package predict

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/attune-health/attune/operators/evidence"
	"github.com/attune-health/attune/operators/exact"
	"github.com/attune-health/attune/operators/person"
	"github.com/attune-health/attune/schemas"
)

// Contact rates answer whether and when: the share of moments in a band of frustration, open loops
// and fresh failure after which a contact came within a horizon. Every model has them.
const (
	// RateHorizons is how many times there are within which a contact is looked for.
	RateHorizons = 4
	// RateBands is how many bands a moment may be in.
	RateBands = 3 * 3 * 2

	rateColumns   = 2    // moments, and contacts after them
	rateSmoothing = 20.0 // moments' worth of the taxonomy's prior in each band
	rateMemory    = 5000 // after how many further moments of a band one counts half
)

// RateCells is the size of the table that contact rates are learned in (Model.ContactRate of package
// schemas).
const RateCells = RateBands * RateHorizons * rateColumns

// Rates are the probabilities of a contact, by band and horizon.
type Rates [RateBands][RateHorizons]float64

// Moments have room for every band.
var _ [person.MaxMomentBands - RateBands]struct{}

// Horizons are the times within which a contact is looked for.
var Horizons = [RateHorizons]schemas.Millis{15 * schemas.Minute, 2 * schemas.Hour, 24 * schemas.Hour, 7 * schemas.Day}

// rateBand is the band of a moment.
func rateBand(e *evidence.Evidence) int {
	fresh := 0
	if e.FailedNow >= 0 {
		fresh = 1
	}
	return (rateLevel(e.Frustration)*3+min(e.LoopN, 2))*2 + fresh
}

func rateLevel(frustration float64) int {
	switch {
	case frustration < 0.25:
		return 0
	case frustration < 0.6:
		return 1
	}
	return 2
}

// PriorRates are the rates before any moment was seen.
func PriorRates(p *schemas.ContactPrior) (rates Rates) {
	for band := range rates {
		factor := float64(p.Frustration[band/6] * p.Loops[band/2%3])
		if band%2 == 1 {
			factor = float64(factor * p.FreshFailure)
		}
		for h := range rates[band] {
			rates[band][h] = min(float64(p.Base[h]*factor), 0.95)
		}
	}
	return rates
}

// LearnedRates are the rates from a model's table.
func LearnedRates(p *schemas.ContactPrior, table []float64) Rates {
	rates := PriorRates(p)
	if len(table) == 0 {
		return rates
	}
	for band := range rates {
		for h := range rates[band] {
			cell := table[(band*RateHorizons+h)*rateColumns:][:rateColumns]
			rates[band][h] = (cell[1] + float64(rateSmoothing*rates[band][h])) / (cell[0] + rateSmoothing)
			if h > 0 { // each horizon has its own moments: by chance a longer one may seem rarer
				rates[band][h] = max(rates[band][h], rates[band][h-1])
			}
		}
	}
	return rates
}

// LearnMoment counts a moment of which is known whether a contact came within its horizon.
func LearnMoment(table []float64, x *schemas.TrainingExample) error {
	if x.ExposureBand >= RateBands {
		return fmt.Errorf("band %d of %d", x.ExposureBand, RateBands)
	}
	h := slices.Index(Horizons[:], x.LabelledAt-x.PredictedAt)
	if h < 0 {
		return errors.New("moment of no horizon")
	}
	cell := table[(int(x.ExposureBand)*RateHorizons+h)*rateColumns:][:rateColumns]
	fade := exact.Exp(-math.Ln2 / rateMemory)
	for i := range cell {
		cell[i] = float64(cell[i] * fade)
	}
	cell[0]++
	if x.ContactAfterMs >= 0 {
		cell[1]++
	}
	return nil
}
