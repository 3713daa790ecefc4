package world

// siteFactors makes the tables of a site out of those of site 0: each weight times e^N(0, 0.7), by a hash
// of the site, the table and the weight's place.
type siteFactors struct{ site uint64 }

// Tables that a site has its own of.
const (
	siteOnset = iota + 1
	siteCause
	siteClock
	sitePattern
	siteStranger
)

const siteSpread = 0.7

func (s siteFactors) factor(table, row, column int) float64 {
	if s.site == 0 {
		return 1
	}
	return exp(float64(siteSpread * normal(mix(s.site^0x73697465)^mix(uint64(table)<<32|uint64(row)<<16|uint64(column)))))
}
