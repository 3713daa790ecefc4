package predict

import (
	"github.com/attune-health/attune/operators/evidence"
	"github.com/attune-health/attune/operators/person"
	"github.com/attune-health/attune/schemas"
)

// Contact rates answer whether and when: the share of moments in a band of frustration, open loops
// and fresh failure after which a contact came within a horizon.

const (
	rateHorizons  = 4
	rateColumns   = 2 // moments, and contacts after them
	rateBands     = 3 * 3 * 2
	rateSmoothing = 20.0 // moments' worth of the taxonomy's prior in each band
)

// Moments have room for every band.
var _ [person.MaxMomentBands - rateBands]struct{}

var horizons = [rateHorizons]schemas.Millis{15 * schemas.Minute, 2 * schemas.Hour, 24 * schemas.Hour, 7 * schemas.Day}

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

// priorRates are the rates before any moment was seen.
func priorRates(p *schemas.ContactPrior) (rates [rateBands][rateHorizons]float64) {
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

// learnedRates are the rates from a model's table.
func learnedRates(p *schemas.ContactPrior, table []float64) [rateBands][rateHorizons]float64 {
	rates := priorRates(p)
	if len(table) == 0 {
		return rates
	}
	for band := range rates {
		for h := range rates[band] {
			cell := table[(band*rateHorizons+h)*rateColumns:][:rateColumns]
			rates[band][h] = (cell[1] + float64(rateSmoothing*rates[band][h])) / (cell[0] + rateSmoothing)
			if h > 0 { // each horizon has its own moments: by chance a longer one may seem rarer
				rates[band][h] = max(rates[band][h], rates[band][h-1])
			}
		}
	}
	return rates
}
