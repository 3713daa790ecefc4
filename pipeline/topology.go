package pipeline

import (
	"errors"
	"fmt"
	"slices"
)

// Validate returns every problem of the graph, nil for none. What it lets pass has one reader for each
// source, so that offsets are committed by one role; no topic is both a source and a broadcast; and
// each channel exists.
func (t *Topology) Validate() error {
	var errs []error
	if len(t.Channels) > 31 {
		errs = append(errs, fmt.Errorf("%d channels: at most 31", len(t.Channels)))
	}
	used := make(map[string]string) // topic to what reads it by group offsets or broadcast
	for i := range t.Roles {
		for j := range i {
			if t.Roles[j].Name == t.Roles[i].Name {
				errs = append(errs, fmt.Errorf("role %s: declared twice", t.Roles[i].Name))
			}
		}
		errs = append(errs, t.validateRole(&t.Roles[i], used)...)
	}
	for i := range t.Roles {
		for _, b := range t.Roles[i].Broadcasts {
			if role, ok := used[b]; ok {
				errs = append(errs, fmt.Errorf("role %s: broadcast %s is a source of role %s", t.Roles[i].Name, b, role))
			}
		}
	}
	return errors.Join(errs...)
}

// validateRole returns the problems of one role. used is what reads each topic so far; the role's
// sources are added to it.
func (t *Topology) validateRole(r *Role, used map[string]string) (errs []error) {
	report := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("role %s: "+format, append([]any{r.Name}, args...)...))
	}
	if r.Name == "" || r.New == nil || len(r.Sources) == 0 {
		report("needs a name, a New and a source")
	}
	// The task of a source partition has the changelog partition of the same number: with two sources
	// two tasks would write to one.
	if r.Changelog != "" && len(r.Sources) > 1 {
		report("has a changelog and %d sources: a changelog's partitions are those of one source", len(r.Sources))
	}
	for _, s := range r.Sources {
		if other, ok := used[s.Topic]; ok {
			report("source %s is a source of role %s already", s.Topic, other)
		}
		used[s.Topic] = r.Name
		if !s.Carried && s.Channel != NoChannel && (s.Channel < 0 || s.Channel >= len(t.Channels)) {
			report("source %s: no channel %d", s.Topic, s.Channel)
		}
		// A mark names a source partition of the first hop. What a second hop would have to announce is
		// a watermark over all of them, per partition of its own, and nobody keeps that as state.
		if s.Carried && r.WatermarksTo != "" {
			report("passes carried watermarks on to %s, which is not supported: event time crosses topics once, so windows of windows belong into one role", r.WatermarksTo)
		}
	}
	return errs
}

// Live reports whether somebody may wait at now for what comes of something that happened at a time.
func (t *Topology) Live(at, now Time) bool {
	return t.LiveWithin == 0 || t.Clock == ClockBroker && now-at <= t.LiveWithin
}

// RoleOf returns the role that topic is a source of, nil where it is of none.
func (t *Topology) RoleOf(topic string) *Role {
	for i := range t.Roles {
		for j := range t.Roles[i].Sources {
			if t.Roles[i].Sources[j].Topic == topic {
				return &t.Roles[i]
			}
		}
	}
	return nil
}

// ReaderOf returns the first role that reads topic, as a source, a broadcast or a table. The topic must be read by one.
func (t *Topology) ReaderOf(topic string) *Role {
	if r := t.RoleOf(topic); r != nil {
		return r
	}
	i := slices.IndexFunc(t.Roles, func(r Role) bool {
		return slices.Contains(r.Broadcasts, topic) || slices.ContainsFunc(r.Tables, func(s TableSource) bool { return s.Topic == topic })
	})
	return &t.Roles[i]
}

// SourceTopics lists the source topics of all roles, in the order of their declaration: the topics that
// the group subscribes to.
func (t *Topology) SourceTopics() []string {
	var topics []string
	for i := range t.Roles {
		for j := range t.Roles[i].Sources {
			topics = append(topics, t.Roles[i].Sources[j].Topic)
		}
	}
	return topics
}

// fingerprint identifies what the topology says of how inputs are processed. A replay compares it: with
// other bounds or settings the same inputs may lead to other outputs. What only decides how fast things
// go is left out, such as priorities and when a source is idle, whose outcome order records note.
func (t *Topology) fingerprint() uint64 {
	var h outputHash
	h.number(t.Settings)
	h.number(uint64(t.Clock))
	h.number(uint64(t.UnderWay))
	for _, c := range t.Channels {
		h.text(c.Name)
		h.number(uint64(c.OutOfOrderness))
	}
	for i := range t.Roles {
		r := &t.Roles[i]
		h.text(r.Name)
		h.text(r.WatermarksTo)
		for _, s := range r.Sources {
			h.text(s.Topic)
			h.number(uint64(s.Channel))
		}
		for _, topic := range r.Broadcasts {
			h.text(topic)
		}
	}
	return uint64(h)
}
