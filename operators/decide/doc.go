// Package decide chooses the next best action for a person, and says why and why not the others:
//
//	safety → eligibility → applicability → suitability → contact policy → arbitration → holdout
//
// Actions and contact policy are data (catalogues/). What is not known to be allowed is not done. Each
// decision logs its complete input.
package decide
