package world

// What a patient may need: the reasons of the taxonomy, and two urgent needs.
const (
	reasons = 13
	// urgentSymptom cannot wait. Its calls have reason R05.
	urgentSymptom = 13
	// criticalResult has just come. Its calls have reason R04.
	criticalResult = 14
	needs          = 15
)

// Indexes of reasons that the code names.
const (
	medication = 2
	results    = 3
	symptom    = 4
	billing    = 6
	coverage   = 7
	portal     = 8
	socialNeed = 12
)

// noReason stands where there is none.
const noReason = -1

// reasonOf is the reason that a call about a need gets.
var reasonOf = [needs]int8{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, symptom, results}

// Segments are what rates of onset depend on. All three traits are on record.
const (
	segmentChronic  = 1 << iota // takes medication all the time
	segmentUnversed             // low digital literacy
	segmentSocial               // has a recorded social need
	segments        = 8
)

// How many of 100 patients have each trait.
const (
	chronicShare  = 40
	unversedShare = 35
	socialShare   = 8
)

// onsetsPerYear is how often a need arises for no recorded cause. The shares of contacts that follow
// from it, from causes and from what the digital channels solve are held to those of the taxonomy by a test.
var onsetsPerYear = [needs]float64{.475, .52, .72, .245, .28, .55, .165, .178, .30, .105, .006, .026, .026, .055, 0}

// How much more often than the average a patient with the trait has the need; the others have it less, so
// that the average stays.
var (
	chronicFactor  = [needs]float64{.8, .9, 1.3, 1.25, 1.2, 1.1, .9, 1, .9, .9, .8, 1, 1.1, 1.4, 1}
	unversedFactor = [needs]float64{1, 1, .95, .9, 1, .8, 1.1, 1.1, 1.6, 1, 1.3, 1.2, 1.3, 1, 1}
	socialFactor   = [needs]float64{.9, 1, .9, .8, 1, .9, 1.5, 1.2, .9, .9, 1, 1.5, 6, 1.2, 1}
)

// traitFactor is the product of the three.
func traitFactor(segment, need int) float64 {
	f := factor(segment&segmentChronic != 0, chronicFactor[need], chronicShare)
	f = float64(f * factor(segment&segmentUnversed != 0, unversedFactor[need], unversedShare))
	return float64(f * factor(segment&segmentSocial != 0, socialFactor[need], socialShare))
}

// factor balances patients without a trait against those with it.
func factor(has bool, with, share float64) float64 {
	if has {
		return with
	}
	return (100 - float64(with*share)) / (100 - share)
}

// seasonOf multiplies onset in winter, in percent: December to February.
var seasonOf = [needs]float64{1, 1, 1, 1, 1.3, 1.05, 1, 1, 1, 1, 1, 1, 1, 1.3, 1}

// The nodes of frailty: Gauss-Laguerre quadrature of five nodes for a gamma distribution of shape 2 and
// mean 1. A test computes them.
const nodes = 5

var (
	frailty       = [nodes]float64{0.308515426639135, 1.056482979289261, 2.305416575508769, 4.199533485602423, 7.130051532960412}
	frailtyWeight = [nodes]float64{0.34801454002334858, 0.50228067413248878, 0.14091591949447771, 0.00871989302609930, 0.00006897332358564}
)

// digitalFirst is how likely a patient with each need tries a digital way first, before the factor of
// digital literacy.
var digitalFirst = [needs]float64{.66, .62, .70, .76, .50, .68, .70, .62, .86, .58, .50, .45, .40, .60, .30}

const unversedDigital = 0.5
