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

// Contact rates answer whether and when: the share of moments in a band after which a contact came
// within a horizon. A band is a combination of frustration, open loops and fresh failure. The table
// is small, is learned by counting, and needs no features; every model has it.
const (
	// RateHorizons is the number of horizons within which a contact is looked for.
	RateHorizons = 4
	// RateBands is the number of bands: frustration (3) x open loops (3) x fresh failure (2).
	RateBands = 3 * 3 * 2

	// Two columns a cell: moments, and those of them after which a contact came.
	rateColumns = 2
	// A band begins with the taxonomy's prior, as if this many moments had confirmed it: the first
	// few moments of a rare band must not swing its rate to 0 or 1.
	rateSmoothing = 20.0
	// After so many further moments of a cell a moment counts half, so that rates follow a change in
	// behaviour.
	rateMemory = 5000
)

// RateCells is the length of the table that contact rates are learned in (schemas.Model.ContactRate),
// ordered by band, then horizon, then column.
const RateCells = RateBands * RateHorizons * rateColumns

// Rates are the probabilities of a contact, by band and horizon.
type Rates [RateBands][RateHorizons]float64

// The state of a person has room for every band: with more bands than that, this does not compile.
var _ [person.MaxMomentBands - RateBands]struct{}

// Horizons are the times within which a contact is looked for, shortest first. An exposure in the
// state names its horizon by its place here: a change of the order would relabel open moments.
var Horizons = [RateHorizons]schemas.Millis{15 * schemas.Minute, 2 * schemas.Hour, 24 * schemas.Hour, 7 * schemas.Day}

// rateBand is the band of a moment, from 0 to RateBands-1. Frustration varies slowest, fresh failure
// fastest; PriorRates takes the number apart again.
func rateBand(e *evidence.Evidence) int {
	fresh := 0
	if e.FailedNow >= 0 {
		fresh = 1
	}
	return (rateLevel(e.Frustration)*3+min(e.LoopN, 2))*2 + fresh
}

// rateLevel bands frustration, which is from 0 to 1.
func rateLevel(frustration float64) int {
	switch {
	case frustration < 0.25:
		return 0
	case frustration < 0.6:
		return 1
	}
	return 2
}

// PriorRates are the rates before any moment was seen: the taxonomy's base rate of each horizon times
// its factors for the band. They stop at 0.95, since factors may multiply to more than certainty.
func PriorRates(p *schemas.ContactPrior) (rates Rates) {
	for band := range rates {
		factor := float64(p.Frustration[band/6] * p.Loops[band/2%3])
		if band%2 == 1 {
			// float64 around each product forbids fused multiplication and addition (package exact).
			factor = float64(factor * p.FreshFailure)
		}
		for h := range rates[band] {
			rates[band][h] = min(float64(p.Base[h]*factor), 0.95)
		}
	}
	return rates
}

// LearnedRates are the rates from a model's table, smoothed towards the priors. An empty table, as
// models of early builds have, gives the priors.
func LearnedRates(p *schemas.ContactPrior, table []float64) Rates {
	rates := PriorRates(p)
	if len(table) == 0 {
		return rates
	}
	for band := range rates {
		for h := range rates[band] {
			cell := table[(band*RateHorizons+h)*rateColumns:][:rateColumns]
			rates[band][h] = (cell[1] + float64(rateSmoothing*rates[band][h])) / (cell[0] + rateSmoothing)
			// Each horizon is counted from moments of its own, so by chance a longer one may seem
			// rarer.
			if h > 0 {
				rates[band][h] = max(rates[band][h], rates[band][h-1])
			}
		}
	}
	return rates
}

// LearnMoment counts one moment whose outcome is known. Its horizon is not in the example: it is the
// time between prediction and label. An error leaves the table as it was.
func LearnMoment(table []float64, x *schemas.TrainingExample) error {
	if x.ExposureBand >= RateBands {
		return fmt.Errorf("band %d of %d", x.ExposureBand, RateBands)
	}
	h := slices.Index(Horizons[:], x.LabelledAt-x.PredictedAt)
	if h < 0 {
		return errors.New("moment of no horizon")
	}
	cell := table[(int(x.ExposureBand)*RateHorizons+h)*rateColumns:][:rateColumns]
	// Only this cell fades: a band that is seldom seen keeps what little is known of it.
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
