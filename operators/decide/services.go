package decide

import (
	"errors"
	"fmt"

	"github.com/attune-health/attune/schemas"
)

// Service is somebody who helps with a red flag.
// A site has to check the numbers for its own country: attune never dials one.
type Service struct {
	// Number is how the service is reached, by language (BCP 47, its first part) and "default". Empty:
	// the contact center hands over without one.
	Number map[string]string `yaml:"number"`
}

// FlagRule says what a kind of red flag demands.
type FlagRule struct {
	// Action is the id of an action of role emergency or nurse.
	Action string `yaml:"action"`
	// Service is who helps: a key of Catalogue.Services.
	Service string `yaml:"service"`
}

// flagRule is FlagRule made ready.
// action is a place in Catalogue.Actions.
type flagRule struct {
	action  int
	service string
}

// defaultFlags are what red flags demand where a catalogue says nothing else: whether by emergency or
// nurse, and the service.
var defaultFlags = [schemas.FlagKinds]struct {
	role    Role
	service string
}{
	schemas.FlagEmergency:      {RoleEmergency, "emergency_services"},
	schemas.FlagSelfHarm:       {RoleEmergency, "crisis_line"},
	schemas.FlagPoison:         {RoleEmergency, "poison_control"},
	schemas.FlagUrgent:         {RoleNurse, "nurse"},
	schemas.FlagCriticalResult: {RoleNurse, "nurse"},
}

// compileFlags makes ready what each red flag demands. A flag cannot be switched off: it can be given
// another action of the two roles, and another service.
func (c *Catalogue) compileFlags() error {
	var errs []error
	for kind := schemas.FlagNone + 1; kind < schemas.FlagKinds; kind++ {
		// Filled in before the file is read: a flag without an entry must still have somebody who
		// answers.
		rule := flagRule{c.nurse, defaultFlags[kind].service}
		if defaultFlags[kind].role == RoleEmergency {
			rule.action = c.emergency
		}
		if said, ok := c.Flags[kind.String()]; ok {
			rule.service = said.Service
			// An action of another role could be capped, held out or outscored.
			if rule.action = c.find(said.Action); rule.action < 0 || !c.Actions[rule.action].isGrave() {
				errs = append(errs, fmt.Errorf("flags.%s: action %q is not of role emergency or nurse", kind, said.Action))
			}
			if _, ok := c.Services[said.Service]; !ok {
				errs = append(errs, fmt.Errorf("flags.%s: service %q is not one of services", kind, said.Service))
			}
		}
		c.flags[kind] = rule
	}
	// A misspelt flag would leave the real one at its default, and the site would think that it had
	// changed it.
	for name := range c.Flags {
		var kind schemas.Flag
		if err := kind.UnmarshalText([]byte(name)); err != nil || kind == schemas.FlagNone {
			errs = append(errs, fmt.Errorf("flags: %q is no red flag", name))
		}
	}
	return errors.Join(errs...)
}

// find is the place of an action, or -1.
func (c *Catalogue) find(id string) int {
	for i := range c.Actions {
		if c.Actions[i].ID == id {
			return i
		}
	}
	return -1
}

// number is how a service is reached in a language, or empty.
// The patient's language decides, since the patient is who will speak there.
func (c *Catalogue) number(service, language string) string {
	numbers := c.Services[service].Number
	// Languages are matched by their first part: es-MX and es-US ring the same line.
	if n := len("es"); len(language) >= n {
		if x, ok := numbers[language[:n]]; ok {
			return x
		}
	}
	return numbers["default"]
}
