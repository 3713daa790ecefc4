// Package naivebayes is the product's model of contact reasons: naive Bayes over decayed counts, with
// a learned weight for each block of features and reason.
//
// Plain naive Bayes takes features for independent. Ours are not: a failed refill, a viewed refill
// and an open refill loop are one event seen three times, and plain naive Bayes would be three times
// as sure. The weights undo that. Weighting attributes by the gradient of log loss is known as
// weighted naive Bayes (Zaidi and others, Journal of Machine Learning Research 14, 2013); here a
// weight is shared by the features of a block.
//
// It learns from each example once, in order, and every operation is the same on every machine
// (package exact).
package naivebayes
