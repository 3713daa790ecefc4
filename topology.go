package attune

import (
	"slices"
	"time"

	"github.com/attune-health/attune/operators/emit"
	"github.com/attune-health/attune/operators/identify"
	"github.com/attune-health/attune/operators/patient"
	"github.com/attune-health/attune/operators/predict/train"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// Topology is the product graph, on one page:
//
//	identity-links ──► identity ──► attune.identity ─ ─ table in every ingest process
//	                      └─ MoveShard ────────────┐
//	touchpoints.web ─┐                             ▼
//	touchpoints.app ─┼─► ingest ────────► attune.identified ──► patient ──► personas, contact-predictions,
//	touchpoints.call ┤      │                ▲      │             │ │ │      next-best-actions, decision-inputs,
//	touchpoints.ehr ─┤      │                └──────┼─────────────┘ │ │      contact-aggregates
//	consents ────────┤      ▼          ShardMoved,  │               │ ▼
//	action-outcomes ─┘  touchpoints.rejected        │               │ touchpoints.late, touchpoints.rejected
//	                                    forwarded   │               ▼
//	                                    models ◄── trainer ◄── training-examples
//	                                      └─ ─ broadcast to patient
func Topology(c Config) (*pipeline.Topology, error) {
	c.setDefaults()
	if err := c.Validate(); err != nil {
		return nil, err
	}
	t := c.Emit.Topics
	clock := pipeline.ClockBroker
	if c.Identify.LogClock {
		clock = pipeline.ClockLog
	}
	settings, err := c.settings()
	if err != nil {
		return nil, err
	}
	return &pipeline.Topology{
		Name:       "attune",
		Clock:      clock,
		Settings:   settings,
		Channels:   c.Channels.engines(),
		LiveWithin: millis(c.LiveWithin),
		UnderWay:   millis(underWay),
		Roles: []pipeline.Role{
			{
				Name:      "identity",
				Sources:   c.leading(pipeline.Source{Topic: t.IdentityLinks, Channel: pipeline.NoChannel, Priority: 1}),
				Changelog: c.Changelogs.Identity,
				New:       identify.NewIdentity(c.Emit, c.Identify),
				Prepare:   c.Identify.Prepare,
			},
			{
				Name: "ingest",
				Sources: c.timed(append(touchpoints(&t),
					pipeline.Source{Topic: t.Consents, Channel: pipeline.NoChannel, Priority: 1},
					pipeline.Source{Topic: t.ActionOutcomes, Channel: pipeline.NoChannel})),
				Tables:       []pipeline.TableSource{{Topic: t.Identity, New: func() pipeline.Table { return identify.NewIdentityTable() }}},
				WatermarksTo: t.Identified,
				New:          identify.NewIngest(c.Emit, c.Taxonomy, c.Identify),
				Prepare:      c.Identify.Prepare,
			},
			{
				Name:       "patient",
				Sources:    []pipeline.Source{{Topic: t.Identified, Carried: true, Priority: 1}},
				Broadcasts: []string{t.Models},
				Changelog:  c.Changelogs.Patient,
				New:        patient.New(c.patient()),
			},
			{
				Name:      "trainer",
				Sources:   []pipeline.Source{{Topic: t.TrainingExamples, Channel: pipeline.NoChannel}},
				Changelog: c.Changelogs.Trainer,
				New:       train.New(c.Emit, c.Taxonomy, c.Model, c.Train),
			},
		},
	}, nil
}

// underWay is how long a touchpoint may be on its way after its shard. It takes a commit and a fetch, less than
// a second under load. What is kept for it is what a catch-up brings in that time.
const underWay = 30 * time.Second

// touchpoints are the sources of all channels, those that go first before the others.
func touchpoints(t *emit.Topics) []pipeline.Source {
	var sources []pipeline.Source
	for i, c := range schemas.Channels() {
		sources = append(sources, pipeline.Source{Topic: t.Touchpoints[c.Channel], Channel: i, Priority: c.Priority})
	}
	slices.SortStableFunc(sources, func(a, b pipeline.Source) int { return b.Priority - a.Priority })
	return sources
}

// timed are sources that are read in the order in which their records became known.
func (c *Config) timed(sources []pipeline.Source) []pipeline.Source {
	for i := range sources {
		s := &sources[i]
		s.Times = identify.Times(c.Emit, c.Identify, s.Topic, s.Priority)
	}
	return sources
}

// leading is a source that a table is made of. Its records are urgent by when they came: the event time of a link may be
// that of a registration long ago.
func (c *Config) leading(s pipeline.Source) []pipeline.Source {
	s.Times, s.Leads = identify.Times(c.Emit, c.Identify, s.Topic, 0), true
	return []pipeline.Source{s}
}

// engines is the engine's form of the channels and their bounds, in the order of their numbers.
func (c Channels) engines() []pipeline.Channel {
	var list []pipeline.Channel
	for _, s := range schemas.Channels() {
		b := c[s.Name()]
		list = append(list, pipeline.Channel{Name: s.Name(), OutOfOrderness: millis(b.OutOfOrderness), IdleAfter: millis(b.IdleAfter)})
	}
	return list
}

func millis(d time.Duration) pipeline.Time { return pipeline.Time(d.Milliseconds()) }
