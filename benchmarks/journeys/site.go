package journeys

import "github.com/attune-health/attune/schemas"

// Step is one event at one place of the simulated site.
type Step struct {
	// Event is of the enum of the pattern's channel.
	Event uint8
	// Place is a number that PlaceName and PlaceReason take.
	Place uint8
	// Results are those of a search, -1 where the step is none.
	Results int16
}

// Pattern is one way in which patients try to help themselves.
type Pattern struct {
	// Name of the pattern, unique.
	Name    string
	Channel schemas.Channel
	// Weights say how the attempts of patients with each need divide among the patterns, in taxonomy order.
	Weights [needs]int
	// Failed and Worked are what a patient does there.
	Failed, Worked []Step
}

// Patterns lists what patients try on the simulated site, for other worlds on the same site.
func Patterns() []Pattern {
	var all []Pattern
	for _, p := range patterns()[1:] {
		all = append(all, Pattern{Name: p.name, Channel: p.channel, Weights: p.weights, Failed: exported(p.failed), Worked: exported(p.worked)})
	}
	return all
}

func exported(steps []step) []Step {
	out := make([]Step, len(steps))
	for i, s := range steps {
		out[i] = Step{s.event, s.place, s.results}
	}
	return out
}

// Places is how many entries the site's content map has.
const Places = places

// PlaceName is the page or screen with this number.
func PlaceName(n uint8) string { return contentMap[n].name }

// PlaceReason is the contact reason that the content map gives the place, empty for none.
func PlaceReason(n uint8) string { return reasonCode(int8(contentMap[n].reason)) }

// Danger is a page that people in danger look for, and the red flag that it is.
type Danger struct {
	Place uint8
	Flag  schemas.Flag
	// Weight is how often it is looked for, of 100.
	Weight int
}

// Dangers lists them.
func Dangers() []Danger {
	var all []Danger
	for i, d := range dangers {
		all = append(all, Danger{d.place, d.flag, dangerShares[i]})
	}
	return all
}
