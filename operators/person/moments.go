package person

import (
	"github.com/attune-health/attune/schemas"
)

// MaxMomentBands bounds the bands that moments are told apart by.
const MaxMomentBands = 18

// Moments are the open moments of a person: a bit of each band's for a horizon.
type Moments struct {
	Has   bool
	Bands [MaxMomentBands]uint8
}

// Open returns them, worked out from the state where that has not been done.
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
