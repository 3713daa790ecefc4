// Package accumulator has the values that windows gather: small structs that take in one value at a
// time, merge with others of their kind, and have a stable binary form.
//
//	Accumulator  answers                           exact                    size, at most
//	Count        how many                          yes                      9 B
//	Number       count, sum, mean, least, most     yes, of integers         37 B
//	Distinct     how many different ones           up to 1024, then ±0.8 %  16 KiB
//	Quantiles    median, p95, any share            ±1 % of the value        2304 bins a sign
//	TopK         the most frequent, and how often  up to 128 different ones  128 items
//	Histogram    how many in each given range      yes                      1024 buckets
//
// The zero value of each is empty and ready. They compose: an accumulator of several is a struct of
// them, whose fold, merge and codec call theirs one after the other (see the example of package
// window).
//
// # Merging
//
// Two accumulators merged equal one that took in the values of both: to the bit for Count, Number,
// Distinct, Quantiles and Histogram, in whatever order and grouping; within its stated error for
// TopK, whose counts are exact up to 128 items. So a window can be put together from shared slices, a
// session from two, and a result over partitions from one of each. No float is summed up anywhere,
// which is what makes the order irrelevant.
//
// # Binary form
//
// Append writes a version byte and what follows from it; Decode reads one accumulator and returns
// the rest of the bytes. Every length that it reads is checked against a bound before anything is
// allocated for it, and bytes that Append would not write are refused, so an accumulator has one
// form. None of them holds the values that it was given, but TopK, which holds its items.
package accumulator
