package decide

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/attune-health/attune/schemas"
	"gopkg.in/yaml.v3"
)

//go:embed catalogues/*.yaml
var catalogues embed.FS

// Catalogue is what may be done for a person and the policy that says when, as data. It does not
// change once loaded and may be shared.
// Conditions are compiled and names resolved at load, so that a decision looks nothing up by name.
type Catalogue struct {
	// Name enters every decision id: another name would give decisions of the same trigger other ids.
	Name string `yaml:"name"`
	// Version is named in every decision. Change it with every change, or decisions of two policies look alike.
	Version string `yaml:"version"`
	// Language is what the agents speak: who speaks another one needs an interpreter. Default: en.
	Language string        `yaml:"language"`
	Holdout  Holdout       `yaml:"holdout"`
	Policy   ContactPolicy `yaml:"policy"`
	// Services are those who help with red flags, with their numbers.
	Services map[string]Service `yaml:"services"`
	// Flags says what each red flag demands. One that is left out is as in defaultFlags: none can be switched off.
	Flags   map[string]FlagRule `yaml:"flags"`
	Actions []Action            `yaml:"actions"`

	// taxonomy is the one that the numbers below are of.
	taxonomy *schemas.Taxonomy
	// The places in Actions of those that the order of precedence names.
	nothing, stop, emergency, nurse int
	// flags is Flags made ready, with the defaults of those that are left out.
	flags [schemas.FlagKinds]flagRule
	// withdrawn is, by action, what the news of a decision call its going.
	withdrawn []string
}

// Holdout keeps a share of persons without some actions, to measure what these bring.
type Holdout struct {
	// Share is 0 to 0.5: more would leave most patients without.
	Share float64 `yaml:"share"`
	// Salt changes who is drawn. Keep it as long as an experiment lasts.
	Salt string `yaml:"salt"`
	// Purposes lists the purposes whose actions of class default may be held out. It is a list of what
	// may, and not of what may not: an action without a listed purpose is never held out.
	Purposes []string `yaml:"purposes"`
}

// holdable are the purposes that a holdout may list. Care is not one of them: nobody is left without it
// for a measurement. What serves safety, language, identity or the agent's brief has no purpose at all.
var holdable = [...]string{"service", "outreach"}

// Role marks the actions that the order of precedence names.
type Role string

// The roles.
const (
	RoleNone Role = ""
	// always in the set
	RoleNothing Role = "nothing"
	// do not contact, deceased
	RoleStop Role = "stop"
	// red flag
	RoleEmergency Role = "emergency"
	// nurse now
	RoleNurse Role = "nurse"
)

// Class says which limits bind an action.
// Class and Role are apart: a role says what an action is for, a class what may hold it back.
type Class string

// The classes. None is free of consent.
const (
	ClassDefault Class = "default"
	// no caps, no holdout, no arbitration
	ClassMandatory Class = "mandatory"
	// does not count against caps, no holdout
	ClassTransactional Class = "transactional"
)

// Action is one entry of the catalogue.
type Action struct {
	// ID is what decisions, outcomes and the state name. Name is what wordings name.
	ID   string `yaml:"id"`
	Name string `yaml:"name"`
	// Words are as in "...; route to pharmacy queue"; {treatment} is filled in.
	Words string `yaml:"words"`
	// Issue and Group are for reports alone.
	Issue string `yaml:"issue"`
	Group string `yaml:"group"`
	Role  Role   `yaml:"role"`
	Class Class  `yaml:"class"`
	// Purpose is that of consent: care, service or outreach. Without one an action cannot reach out, and is never
	// held out.
	Purpose string `yaml:"purpose"`
	// Channels are in order of preference: the first that is there and allowed is taken.
	Channels []ActionChannel `yaml:"channels"`
	// Value is what the action brings where it is what the patient needs, in the units of Effort.
	Value float64 `yaml:"value"`
	// Lever is the site's own emphasis, a factor; 0 is 1.
	Lever float64 `yaml:"lever"`
	// Effort is what carrying it out costs. An action that costs more than it brings is not chosen.
	Effort float64       `yaml:"effort"`
	TTL    time.Duration `yaml:"ttl"`
	// Again is how long it is not offered again, once it was decided.
	Again time.Duration `yaml:"again"`
	// Fit is how much it helps with a reason, by code. Reasons that are not named are 0; where none is named all
	// are 1.
	Fit     map[string]float64 `yaml:"fit"`
	Context ContextWeight      `yaml:"context"`
	// Treatment is the variant by reason, such as the queue, and "default".
	Treatment map[string]string `yaml:"treatments"`
	// WithoutHistory says that the action uses nothing that is kept of the patient: it stands where the
	// patient has died, and where it is uncertain who calls.
	WithoutHistory bool `yaml:"without_history"`
	// Eligible must all hold.
	Eligible []Rule `yaml:"eligible"`
	// When says that it is relevant: one must hold. An action without any is always relevant.
	When []When `yaml:"when"`
	// Refuse are reasons against it that outweigh any score: none may hold.
	Refuse []Rule `yaml:"refuse"`

	// when to treatments are what the file says, by number.
	when       []condition
	fit        [schemas.MaxReasons]float64
	treatments [schemas.MaxReasons]string
	// outreach says that all its channels reach out: do-not-contact takes it away as a whole.
	outreach bool
	// channels has a bit per ActionChannel, to leave most actions out with one comparison.
	channels uint16
}

// ContextWeight raises an action's score in a situation: 0.5 is half as much again.
type ContextWeight struct {
	// LastResort is added in a call that follows failed digital attempts.
	LastResort float64 `yaml:"last_resort"`
	// Frustration is weighted with the frustration of the patient.
	Frustration float64 `yaml:"frustration"`
	// Urgency is weighted with the urgency of the likely reasons.
	Urgency float64 `yaml:"urgency"`
}

// Rule is a named condition of eligibility or suitability. The name goes into receipts.
// Rules are named so that a receipt says which one it was, and conditions of When are not.
type Rule struct {
	Name string `yaml:"rule"`
	When When   `yaml:"when"`

	when condition
}

// ActionChannel is where an action happens.
// Its number lives in memory only; records and catalogues have the name.
type ActionChannel uint8

// The channels of actions.
const (
	// ActionNowhere is the zero value: no channel was found.
	ActionNowhere ActionChannel = iota
	// the phone contact in progress
	ActionVoice
	// the screen of its agent
	ActionDesktop
	// the web session in progress
	ActionWeb
	// the app session in progress
	ActionApp
	// staff, not the patient
	ActionInternal
	// the nurses' worklist
	ActionWorklist
	// from here on: outreach
	ActionSMS
	ActionPush
	ActionEmail
	// a human calls
	ActionOutboundVoice
	// actionChannels is their number. The order counts: what follows ActionSMS is outreach.
	actionChannels
)

// actionChannelNames are what catalogues and records say. The state compares by them, so that none may be
// renamed.
var actionChannelNames = [actionChannels]string{"", "voice", "desktop", "web", "app", "internal", "worklist", "sms", "push", "email", "outbound_voice"}

// String is the channel's name in records.
func (c ActionChannel) String() string { return actionChannelNames[c] }

// UnmarshalText reads a channel by name.
// The empty name is no channel, so that a blank in a file is an error.
func (c *ActionChannel) UnmarshalText(text []byte) error {
	for i, name := range actionChannelNames {
		if i > 0 && name == string(text) {
			*c = ActionChannel(i)
			return nil
		}
	}
	return fmt.Errorf("channel %q: unknown", text)
}

// outreach reports whether the channel reaches somebody who is not there. Contact policy binds those alone.
func (c ActionChannel) outreach() bool { return c >= ActionSMS }

// consentName is the channel's name in consents.
func (c ActionChannel) consentName() string {
	// Patients consent to calls and messages. That a human makes the call is our distinction.
	if c == ActionOutboundVoice {
		return "voice"
	}
	return c.String()
}

// Taxonomy is the one that the catalogue was made for.
func (c *Catalogue) Taxonomy() *schemas.Taxonomy { return c.taxonomy }

// LoadCatalogue loads a catalogue of this module by name (health, bank) or a site's own by path.
// A name of this module wins over a file of the same name.
func LoadCatalogue(nameOrPath string, t *schemas.Taxonomy) (*Catalogue, error) {
	b, err := catalogues.ReadFile("catalogues/" + nameOrPath + ".yaml")
	if errors.Is(err, fs.ErrNotExist) {
		b, err = os.ReadFile(nameOrPath)
	}
	if err != nil {
		return nil, fmt.Errorf("load catalogue: %w", err)
	}
	c, err := ParseCatalogue(b, t)
	if err != nil {
		return nil, fmt.Errorf("load catalogue %s: %w", nameOrPath, err)
	}
	return c, nil
}

// ParseCatalogue reads a catalogue from YAML for a taxonomy. It refuses unknown keys and returns
// every problem.
func ParseCatalogue(text []byte, t *schemas.Taxonomy) (*Catalogue, error) {
	d := yaml.NewDecoder(strings.NewReader(string(text)))
	// A misspelt condition that is dropped silently is one that always holds.
	d.KnownFields(true)
	c := &Catalogue{taxonomy: t, Language: "en", nothing: -1, stop: -1, emergency: -1, nurse: -1}
	if err := d.Decode(c); err != nil {
		return nil, fmt.Errorf("parse: %w", err)
	}
	var errs []error
	if c.Name == "" || c.Version == "" {
		errs = append(errs, errors.New("name and version: both are needed"))
	}
	if c.Holdout.Share < 0 || c.Holdout.Share > 0.5 {
		errs = append(errs, fmt.Errorf("holdout.share: %g is not 0 to 0.5", c.Holdout.Share))
	}
	// Checked here and not when drawn: a patient would have gone without care by then.
	for _, p := range c.Holdout.Purposes {
		if known(p, holdable[:]) == "" {
			errs = append(errs, fmt.Errorf("holdout.purposes: %q is not one of %s", p, strings.Join(holdable[:], ", ")))
		}
	}
	errs = append(errs, c.Policy.compile())
	// Two actions of one id could not be told apart in the state.
	seen := map[string]bool{}
	for i := range c.Actions {
		a := &c.Actions[i]
		if seen[a.ID] || a.ID == "" {
			errs = append(errs, fmt.Errorf("action %q: id missing or twice", a.ID))
		}
		seen[a.ID] = true
		if err := a.compile(t); err != nil {
			errs = append(errs, fmt.Errorf("action %s: %w", a.ID, err))
		}
		c.cast(a.Role, i)
		c.withdrawn = append(c.withdrawn, "withdrawn:"+a.ID)
	}
	// Flags are given to these roles, so that without them there is nothing to compile.
	if c.nothing < 0 || c.stop < 0 || c.emergency < 0 || c.nurse < 0 {
		errs = append(errs, errors.New("roles: nothing, stop, emergency and nurse are all needed"))
	} else {
		errs = append(errs, c.compileFlags())
	}
	// Nothing of a catalogue with an error is used, not even what is right: it was meant as a whole.
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return c, nil
}

// cast notes the place of an action that the order of precedence names. Of two of a role the last one counts.
func (c *Catalogue) cast(r Role, i int) {
	switch r {
	case RoleNothing:
		c.nothing = i
	case RoleStop:
		c.stop = i
	case RoleEmergency:
		c.emergency = i
	case RoleNurse:
		c.nurse = i
	}
}

// compile makes an action ready, or returns every problem of it.
func (a *Action) compile(t *schemas.Taxonomy) error {
	var errs []error
	bad := func(err error) {
		if err != nil {
			errs = append(errs, err)
		}
	}
	// Zero means not written: an action that shall not be offered is left out of the file.
	if a.Lever == 0 {
		a.Lever = 1
	}
	if a.Class == "" {
		a.Class = ClassDefault
	}
	for i := range a.When {
		c, err := a.When[i].compile(t)
		a.when = append(a.when, c)
		bad(err)
	}
	// A rule without a name would leave a receipt that explains nothing.
	for _, rules := range [][]Rule{a.Eligible, a.Refuse} {
		for i := range rules {
			var err error
			rules[i].when, err = rules[i].When.compile(t)
			bad(err)
			if rules[i].Name == "" {
				bad(errors.New("a rule has no name"))
			}
		}
	}
	// check comes after: it asks for what is filled in above.
	bad(a.compileReasons(t))
	bad(a.check())
	a.outreach = len(a.Channels) > 0
	for _, c := range a.Channels {
		a.outreach = a.outreach && c.outreach()
		a.channels |= 1 << c
	}
	return errors.Join(errs...)
}

// compileReasons makes fit and treatments ready for a look-up by the reason's number.
func (a *Action) compileReasons(t *schemas.Taxonomy) error {
	var errs []error
	// By number, once: a map by name would be looked up for each action of each touchpoint.
	for r := range t.Reasons {
		a.treatments[r] = a.Treatment["default"]
		if len(a.Fit) == 0 {
			a.fit[r] = 1
		}
	}
	for code, fit := range a.Fit {
		r := t.Index(code)
		if r < 0 {
			errs = append(errs, fmt.Errorf("fit: reason %q: unknown", code))
			continue
		}
		a.fit[r] = fit
	}
	// The named reasons overwrite the default that was filled in above.
	for code, treatment := range a.Treatment {
		r := t.Index(code)
		if r < 0 && code != "default" {
			errs = append(errs, fmt.Errorf("treatments: reason %q: unknown", code))
			continue
		}
		if r >= 0 {
			a.treatments[r] = treatment
		}
	}
	return errors.Join(errs...)
}

// isGrave reports whether red flags alone decide on the action.
// Nothing of experiment, caps or scores applies to such an action.
func (a *Action) isGrave() bool { return a.Role == RoleEmergency || a.Role == RoleNurse }

// check refuses what would break a promise: outreach without a purpose, a nurse by SMS.
func (a *Action) check() error {
	var errs []error
	for _, c := range a.Channels {
		// Without a purpose no consent could be asked for.
		if c.outreach() && a.Purpose != "care" && a.Purpose != "service" && a.Purpose != "outreach" {
			errs = append(errs, fmt.Errorf("purpose %q: outreach needs care, service or outreach", a.Purpose))
			break
		}
	}
	grave := a.isGrave()
	// A condition could keep a red flag from being answered.
	if grave && len(a.When)+len(a.Eligible)+len(a.Refuse)+len(a.Treatment) > 0 {
		errs = append(errs, fmt.Errorf("role %s: red flags say when, and the service is the treatment: no when, eligible, refuse, treatments", a.Role))
	}
	for _, c := range a.Channels {
		// Nobody reads in time that they should ring an ambulance.
		if grave && c.outreach() && c != ActionOutboundVoice {
			errs = append(errs, fmt.Errorf("channel %s: outbound, %s is a human call only", c, a.Role))
		}
	}
	switch {
	case a.Class != ClassDefault && a.Class != ClassMandatory && a.Class != ClassTransactional:
		errs = append(errs, fmt.Errorf("class %q: not default, mandatory or transactional", a.Class))
	// Another class would bring caps and experiments between a danger and its answer.
	case (grave || a.Role == RoleStop) && a.Class != ClassMandatory:
		errs = append(errs, fmt.Errorf("class %s: role %s must be mandatory", a.Class, a.Role))
	// A site could send anything past its own caps otherwise.
	case a.Role == RoleNone && a.Class == ClassMandatory:
		errs = append(errs, errors.New("class mandatory: only for the roles of safety"))
	case a.Role != RoleNothing && (a.TTL <= 0 || len(a.Channels) == 0 && a.Role != RoleStop):
		errs = append(errs, errors.New("ttl and channels: both are needed"))
	case a.Role != RoleNone && a.Role != RoleNothing && a.Role != RoleStop && !grave:
		errs = append(errs, fmt.Errorf("role %q: unknown", a.Role))
	}
	return errors.Join(errs...)
}

// DefaultCatalogue is the health catalogue where the taxonomy has its reasons, else the one that
// knows no reason.
// A site that has written none still gets red flags answered.
func DefaultCatalogue(t *schemas.Taxonomy) *Catalogue {
	// The first that knows the reasons of the taxonomy: the plain one knows none, and fits all.
	for _, name := range []string{"health", "bank", "plain"} {
		if c, err := LoadCatalogue(name, t); err == nil {
			return c
		}
	}
	// The plain one is embedded: a build without it is broken.
	panic("operators: the plain catalogue does not load")
}
