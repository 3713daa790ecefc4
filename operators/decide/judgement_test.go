package decide

import "testing"

// What a contact already has stays, unless another is clearly better: an agent who is told something
// else every minute stops reading.
func TestBestStaysWithWhatTheContactHas(t *testing.T) {
	g := &judgement{score: []float64{0, 0.5, 0.6, 0.8}}
	for _, c := range []struct {
		ranked    []int
		incumbent int
		want      int
	}{
		{nil, 1, -1},
		{[]int{2, 1}, -1, 2}, // nothing was decided yet
		{[]int{2, 1}, 1, 1},  // a little better is not enough
		{[]int{3, 1}, 1, 3},
		{[]int{2}, 1, 2}, // it is not possible any more
	} {
		if got := g.best(c.ranked, c.incumbent); got != c.want {
			t.Errorf("ranked %v, incumbent %d: got %d, want %d", c.ranked, c.incumbent, got, c.want)
		}
	}
}
