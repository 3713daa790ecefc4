package naivebayes

import (
	"github.com/attune-health/attune/operators/evidence"
)

// sharpness says how a block stands before anything was learned. weight scales its evidence: low
// where other blocks say the same thing again, or where it says little. kinship is how much commoner
// a feature about a reason is taken to be among that reason's contacts; 1 where the block's features
// are about no reason.
var sharpness = [evidence.Blocks]struct{ weight, kinship float64 }{
	evidence.BlockLast: {0.3, 3}, evidence.BlockSecond: {0.3, 2}, evidence.BlockCommonest: {0.3, 3}, evidence.BlockShare: {0.3, 2}, evidence.BlockSince: {0.1, 1}, evidence.BlockCount: {0.1, 1},
	evidence.BlockFailedNow: {0.4, 6}, evidence.BlockFailedDay: {0.3, 3}, evidence.BlockFailedKind: {0.1, 1}, evidence.BlockLoop: {0.2, 3}, evidence.BlockViewedNow: {0.2, 3}, evidence.BlockViewedDay: {0.1, 2},
	evidence.BlockFact: {0.2, 1}, evidence.BlockFactReason: {0.3, 3}, evidence.BlockMenu: {0.5, 6}, evidence.BlockPriority: {0.3, 1}, evidence.BlockMix: {0.1, 1}, evidence.BlockDigital: {0.1, 1},
	evidence.BlockFrustration: {0.1, 1}, evidence.BlockOverdue: {0.1, 1}, evidence.BlockHour: {0.2, 1}, evidence.BlockWeekday: {0.1, 1},
	evidence.BlockLatest: {0.4, 6}, evidence.BlockNewestFact: {0.4, 1}, evidence.BlockPage: {0.3, 1},
}
