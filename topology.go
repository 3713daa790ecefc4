package attune

import (
	"time"

	"github.com/attune-health/attune/operators/identify"
	"github.com/attune-health/attune/operators/patient"
	"github.com/attune-health/attune/operators/predict/naivebayes"
	"github.com/attune-health/attune/operators/predict/train"
	"github.com/attune-health/attune/pipeline"
)

// Watermark channels, in the order of their numbers.
const (
	web = iota
	app
	call
	ehr
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
		Name:     "attune",
		Clock:    clock,
		Settings: settings,
		Channels: []pipeline.Channel{
			web:  c.Channels.Web.channel("web"),
			app:  c.Channels.App.channel("app"),
			call: c.Channels.Call.channel("call"),
			ehr:  c.Channels.Ehr.channel("ehr"),
		},
		Roles: []pipeline.Role{
			{
				Name:      "identity",
				Sources:   []pipeline.Source{{Topic: t.IdentityLinks, Channel: pipeline.NoChannel, Priority: 1}},
				Changelog: c.Changelogs.Identity,
				New:       identify.NewIdentity(c.Emit, c.Identify),
				Prepare:   c.Identify.Prepare,
			},
			{
				Name: "ingest",
				Sources: []pipeline.Source{
					{Topic: t.Call, Channel: call, Priority: 1},
					{Topic: t.Web, Channel: web},
					{Topic: t.App, Channel: app},
					{Topic: t.Ehr, Channel: ehr},
					{Topic: t.Consents, Channel: pipeline.NoChannel, Priority: 1},
					{Topic: t.ActionOutcomes, Channel: pipeline.NoChannel},
				},
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
				New:       train.New(c.Emit, c.Taxonomy, naivebayes.Family{}, c.Train),
			},
		},
	}, nil
}

// channel is the engine's form of a bound.
func (b Bound) channel(name string) pipeline.Channel {
	return pipeline.Channel{Name: name, OutOfOrderness: millis(b.OutOfOrderness), IdleAfter: millis(b.IdleAfter)}
}

func millis(d time.Duration) pipeline.Time { return pipeline.Time(d.Milliseconds()) }
