// Package softmax is a regression of contact reasons on what is known of a person. It is a
// predict.Family, and the one that knows groups of features (evidence.NewGroupSpace).
//
// The score of a reason is a sum of three things:
//
//	aligned  evidence that speaks for reasons by itself, such as the page that was looked at last: one
//	         weight for each kind, which all reasons share. It works from the first contact on.
//	ratios   how much commoner a token is among the contacts of a reason than among all, from decayed
//	         counts: one weight for each group of tokens.
//	weights  what each token adds to each reason, learned.
//
// Tokens are hashed to rows of one table, so that the model stays of one size whatever a site's pages
// are. Steps shrink with the squared gradients of their row (AdaGrad), which fade, so that a model that
// has learned for a year follows a change of this week.
//
// Everything is computed with the same bits on every machine (package exact): sums in one order, each
// product rounded before it is added, and a logarithm of its own. Published tables are rounded once, to
// steps of 1/4096, and added up as whole numbers.
package softmax
