package schemas

import (
	"fmt"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// UnmarshalYAML reads a length of time such as 24h or 1h30m: settings that are Millis are lengths of time.
func (m *Millis) UnmarshalYAML(n *yaml.Node) error {
	d, err := time.ParseDuration(n.Value)
	if n.Kind != yaml.ScalarNode || err != nil {
		return notRead(n, "a length of time such as 24h or 90s")
	}
	if d%time.Millisecond != 0 {
		return notRead(n, "whole milliseconds")
	}
	*m = Millis(d.Milliseconds())
	return nil
}

// MarshalYAML writes a length of time as UnmarshalYAML reads it.
func (m Millis) MarshalYAML() (any, error) {
	return DurationText(time.Duration(m) * time.Millisecond), nil
}

// Moment is a setting that is a point in time, which people write as a date; a Millis that is a
// setting is a length of time.
type Moment Millis

// UnmarshalYAML reads a date such as 1990-01-01, or a time in RFC 3339.
func (m *Moment) UnmarshalYAML(n *yaml.Node) error {
	for _, layout := range []string{time.DateOnly, time.RFC3339Nano} {
		if t, err := time.Parse(layout, n.Value); err == nil {
			*m = Moment(MillisOf(t))
			return nil
		}
	}
	return notRead(n, "a date such as 1990-01-01, or a time in RFC 3339")
}

// MarshalYAML writes the moment as UnmarshalYAML reads it.
func (m Moment) MarshalYAML() (any, error) {
	if m%Moment(Day) == 0 {
		return Millis(m).Time().Format(time.DateOnly), nil
	}
	return Millis(m).String(), nil
}

// DurationText writes a length of time without the units that are zero: 24h, not 24h0m0s.
func DurationText(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// notRead reports a value and lets the decoder go on, so that all mistakes of a file are named at
// once.
func notRead(n *yaml.Node, want string) error {
	return &yaml.TypeError{Errors: []string{fmt.Sprintf("line %d: %q is not %s", n.Line, n.Value, want)}}
}
