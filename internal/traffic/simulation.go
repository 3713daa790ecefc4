package traffic

import (
	"fmt"
	"math"
	"time"

	"github.com/attune-health/attune/benchmarks/journeys"
	"github.com/attune-health/attune/internal/exit"
)

// Simulation says which patients there are.
type Simulation struct {
	// Patients is how many; 0 is 25 for each touchpoint per second.
	Patients int
	// Rate is touchpoints per second of simulated time.
	Rate float64
	// Speed is simulated seconds per second; 0 is as fast as possible.
	Speed float64
	// Seed and Start determine the patients.
	Seed int64
	// Start is the simulated time at which it begins, RFC 3339; empty is now.
	Start string
	// Duration of our time, or of simulated time if Speed is 0; 0 is without end.
	Duration time.Duration
	// BadShare is the share of additional records that must be rejected.
	BadShare float64
}

// Feed makes the simulator.
func (s *Simulation) Feed() (*Simulated, error) {
	start, duration, err := s.span()
	if err != nil {
		return nil, err
	}
	if s.Patients == 0 {
		s.Patients = max(1000, int(25*s.Rate))
	}
	g, err := journeys.New(journeys.Config{Patients: s.Patients, Rate: s.Rate, Seed: s.Seed, Start: start, Duration: duration, BadShare: s.BadShare})
	if err != nil {
		return nil, exit.Usage(err)
	}
	return &Simulated{Generator: g}, nil
}

// Lapse sets the speed at which a world's patients, at a human pace, make Rate touchpoints per second of our
// time: about, since they sleep at night.
func (s *Simulation) Lapse() error {
	if s.Patients == 0 {
		s.Patients = worldPatients
	}
	if s.Rate <= 0 || s.Patients < 0 {
		return exit.Usage(fmt.Errorf("--rate: %v must be above 0", s.Rate))
	}
	s.Speed = max(1, math.Round(s.Rate*365*24*3600/(worldTouchpoints*float64(s.Patients))))
	return nil
}

const (
	// worldPatients is how many a world has where nothing else is said.
	worldPatients = 250_000
	// worldTouchpoints is about how many each makes in a year.
	worldTouchpoints = 100
)

// span is when the simulation begins, and how long it lasts in simulated time.
func (s *Simulation) span() (time.Time, time.Duration, error) {
	start := time.Now().Truncate(time.Second)
	if s.Start != "" {
		var err error
		if start, err = time.Parse(time.RFC3339, s.Start); err != nil {
			return start, 0, exit.Usage(fmt.Errorf("--start: %w", err))
		}
	}
	if s.Speed < 0 {
		return start, 0, exit.Usage(fmt.Errorf("--speed: %v is negative", s.Speed))
	}
	if s.Speed > 0 {
		return start, time.Duration(float64(s.Duration) * s.Speed), nil
	}
	return start, s.Duration, nil
}
