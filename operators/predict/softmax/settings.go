package softmax

// How the model learns, measured on recorded and on simulated calls. None of them is a site's setting:
// what a site knows better are its reasons, and the groups of features that it may not use.
const (
	// rate is the step of the weights of tokens, alignedRate of aligned evidence, groupRate of groups.
	// Three times the rate costs a hundredth of log loss, and calibration.
	rate = 0.03
	// rateTokens is up to how many tokens of a contact the rate is in full: more of them take a smaller step
	// each, since all of them move the same score.
	rateTokens  = 30
	alignedRate = 0.05
	groupRate   = 0.02
	// gradHalf is after how many labels a squared gradient counts half. Without it a model of a year would
	// take thousands of labels to follow a new mix.
	gradHalf = 10000
	// countHalf is the same of the counts behind ratios.
	countHalf = 20000
	// slowHalf and fastHalf are the same of the mix of reasons: what is usual, and what this day is.
	slowHalf = 5000
	fastHalf = 300
	// skillHalf is after how many labels one counts half in what the model gains over the usual mix, skillStart
	// and skillLabels the gain that it begins with and how many labels that is worth.
	skillHalf   = 500
	skillStart  = 0.2
	skillLabels = 50
	// skillLeast is the gain, in nats, below which no reason is named.
	skillLeast = 0.02
	// smoothing is how many labels' worth of "like all" the ratios begin with.
	smoothing = 60
	// priorWeight is how many labels' worth of the taxonomy's priors the mixes begin with, and priorFloor
	// the share of that which always stays: a reason that nobody had for a year is not impossible.
	priorWeight = 50
	priorFloor  = 0.02
	// groupStart is the weight of a group's ratios before anything was learned. The groups overlap, so that
	// the full ratio of each would count the same thing many times.
	groupStart = 0.1
	// slowStart and fastStart are the weights of the mixes before anything was learned.
	slowStart = 1
	fastStart = 0.5
	// tilt is the power of a reason's usual share by which its probability is divided for the top reason
	// alone: rare reasons are named a little sooner than a plain comparison would, since somebody who calls
	// for one is worth more to know.
	tilt = 0.15
)
