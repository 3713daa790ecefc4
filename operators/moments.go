package operators

import "github.com/attune-health/attune/schemas"

// MaxMomentBands bounds the bands that moments are told apart by.
const MaxMomentBands = 18

// moments are the open moments of a person: a bit of each band's for a horizon.
type moments struct {
	has   bool
	bands [MaxMomentBands]uint8
}

// open returns them, worked out from the state where that has not been done.
func (m *moments) open(state *schemas.PolicyState) *[MaxMomentBands]uint8 {
	if m.has {
		return &m.bands
	}
	*m = moments{has: true}
	for i := range state.Exposures {
		if x := &state.Exposures[i]; x.Band >= 0 && x.Band < MaxMomentBands {
			m.bands[x.Band] |= 1 << x.Horizon
		}
	}
	return &m.bands
}
