// Package naivebayes is the product's model of contact reasons: naive Bayes over decayed counts, with
// weights per block of features that are learned against the blocks' dependence.
//
// Plain naive Bayes takes features for independent and is far too sure of itself where they are not.
package naivebayes
