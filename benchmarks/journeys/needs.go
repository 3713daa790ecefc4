package journeys

// reasons are the codes of the health taxonomy, level one.
var reasonCodes = [needs]string{"R01", "R02", "R03", "R04", "R05", "R06", "R07", "R08", "R09", "R10", "R11", "R12", "R13"}

// need is an index into reasonCodes.
type need = int

const (
	needs = 13
	// noNeed stands where there is no reason.
	noNeed = -1
)

// Reasons returns the codes of all contact reasons, in taxonomy order.
func Reasons() []string { return append([]string(nil), reasonCodes[:]...) }

// Priors returns the share of each reason among contacts, in taxonomy order: the
// priors for inbound voice of a US health system.
func Priors() []float64 { return append([]float64(nil), priors[:]...) }

var priors = [needs]float64{.13, .17, .17, .07, .12, .10, .07, .06, .05, .02, .02, .01, .01}

// A segment is what the priors of a patient depend on: three bits.
const (
	segmentChronic  = 1 << iota // has a chronic condition
	segmentUnversed             // low digital literacy
	segmentSocial               // has a recorded social need
	segments        = 8
)

// Share of the patients, in percent, that have each trait.
const (
	chronicShare  = 40
	unversedShare = 35
	socialShare   = 8
)

// How much more often than the average a patient with the trait has the need;
// the others have it less, so that the average stays.
var (
	chronicFactor  = [needs]float64{.8, .9, 1.45, 1.25, 1.2, 1.1, .9, 1, .9, .9, .8, 1, 1.1}
	unversedFactor = [needs]float64{1, 1, .95, .9, 1, .8, 1.1, 1.1, 1.6, 1, 1.3, 1.2, 1.3}
	socialFactor   = [needs]float64{.9, 1, .9, .8, 1, .9, 1.5, 1.2, .9, .9, 1, 1.5, 6}
)

// segmentPriors is P(need | segment).
func segmentPriors() (table [segments][needs]float64) {
	for s := range table {
		sum := 0.0
		for n := range needs {
			p := float64(priors[n] *
				factor(s&segmentChronic != 0, chronicFactor[n], chronicShare) *
				factor(s&segmentUnversed != 0, unversedFactor[n], unversedShare) *
				factor(s&segmentSocial != 0, socialFactor[n], socialShare))
			table[s][n] = p
			sum += p
		}
		for n := range needs {
			table[s][n] /= sum
		}
	}
	return table
}

// factor balances patients without a trait against those with it.
func factor(has bool, with float64, share float64) float64 {
	if has {
		return with
	}
	return (100 - float64(with*share)) / (100 - share)
}
