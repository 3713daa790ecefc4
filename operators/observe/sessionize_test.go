package observe

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/attune-health/attune/schemas"
)

func TestSessionsJoin(t *testing.T) {
	const t0 = schemas.Millis(1767614400000)
	for seed := range uint64(200) {
		rnd := rand.New(rand.NewPCG(seed, 3))
		var times []schemas.Millis
		for range 1 + rnd.IntN(12) {
			times = append(times, t0+schemas.Millis(rnd.IntN(240))*schemas.Minute)
		}
		st := &schemas.ShardState{}
		for _, at := range times {
			i := joinSession(st, at, 30*schemas.Minute)
			if o := st.Sessions[i]; at < o.Start || at > o.Last {
				t.Fatalf("seed %d: a touchpoint lies outside its session", seed)
			}
		}
		slices.Sort(times)
		want := 1
		for i := 1; i < len(times); i++ {
			if times[i]-times[i-1] >= 30*schemas.Minute {
				want++
			}
		}
		touchpoints := int32(0)
		for _, o := range st.Sessions {
			touchpoints += o.Touchpoints
		}
		if got := len(st.Sessions) + int(st.SessionsClosed); got != want || st.SessionsClosed == 0 && int(touchpoints) != len(times) {
			t.Fatalf("seed %d: got %d sessions of %d touchpoints, want %d of %d", seed, got, touchpoints, want, len(times))
		}
		CloseSessions(st, t0+300*schemas.Minute, 30*schemas.Minute)
		if int(st.SessionsClosed) != want || len(st.Sessions) != 0 {
			t.Fatalf("seed %d: closed %d, want %d", seed, st.SessionsClosed, want)
		}
	}
}
