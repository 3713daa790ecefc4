package evidence

import (
	"strings"

	"github.com/attune-health/attune/operators/exact"
)

// likeUnstamped says that no block has changed since builds began to write fingerprints: what an
// earlier build made for the same taxonomy is of this space. A test holds it against the layout.
// Set it to false with the first change of the layout.
const likeUnstamped = true

// Fingerprint names the space by the taxonomy's version and the names of all features in order.
// Feature numbers of two spaces mean the same only where their fingerprints are equal. It is never 0.
// It sees names alone: a feature that changes its meaning needs another name.
func (s *FeatureSpace) Fingerprint() int64 { return s.fingerprint }

// computeFingerprint hashes version and names. It never returns 0, which in a record means that its build
// wrote no fingerprint.
func (s *FeatureSpace) computeFingerprint() int64 {
	h := exact.Hash64(s.Taxonomy.Version + "\n" + strings.Join(s.Names, "\n"))
	return int64(max(h, 1))
}

// Made reports whether a model or example is of this space, by the fingerprint and the taxonomy
// version that it carries. Fingerprint 0 is from a build that wrote none. Such a record counts as of
// this space where its taxonomy is ours and the layout is still that of those builds: to refuse it
// would throw a site back to priors at its upgrade, and to accept it under another layout would teach
// wrong numbers. What carries no taxonomy either (the awaited start of a contact) is refused.
func (s *FeatureSpace) Made(fingerprint int64, taxonomy string) bool {
	if fingerprint == 0 {
		return s.groups == nil && likeUnstamped && taxonomy == s.Taxonomy.Version
	}
	return fingerprint == s.fingerprint
}
