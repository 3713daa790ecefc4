package person

import (
	"github.com/attune-health/attune/schemas"
)

// MaxMomentBands bounds the bands that moments are told apart by. They are numbered from 0 in the tables of
// contact rates; more of them would need a wider array here, and no change of the state.
const MaxMomentBands = 18

// Moments are the open moments of a person: a bit of each band's for a horizon. A moment is a touchpoint
// from which the time to the next contact is measured. They are a cache of PolicyState.Exposures.
type Moments struct {
	// Has: Bands hold.
	Has bool
	// Bands have a byte for each band, with a bit for each horizon.
	Bands [MaxMomentBands]uint8
}

// Open returns them, worked out from the state where that has not been done. A band of a later build, which
// is beyond the array, is passed over. What is returned may be changed in place.
func (m *Moments) Open(state *schemas.PolicyState) *[MaxMomentBands]uint8 {
	if m.Has {
		return &m.Bands
	}
	*m = Moments{Has: true}
	for i := range state.Exposures {
		if x := &state.Exposures[i]; x.Band >= 0 && x.Band < MaxMomentBands {
			m.Bands[x.Band] |= 1 << x.Horizon
		}
	}
	return &m.Bands
}
