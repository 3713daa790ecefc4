// Command priors makes the weights that ship with the health taxonomy: it lets made-up patients of several sites
// (benchmarks/world) live, takes what they do through the product's own operators, and lets one learner of softmax
// learn from the contacts of all sites in turn. What it knows then, scaled down to 2,000 labels' worth, is written
// beside the taxonomy.
//
//	go run ./benchmarks/priors -o schemas/taxonomies/health-1.weights
//
// The sites and seeds are named in the source, so that the same program writes the same weights.
package main
