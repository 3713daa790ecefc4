package decide

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/attune-health/attune/schemas"
	"gopkg.in/yaml.v3"
)

//go:embed wording/*.yaml
var wordings embed.FS

// BriefConfig says how briefs are written.
type BriefConfig struct {
	// Wording holds the texts, in the language of the site's agents. Default: the catalogue's language,
	// where this module has it, else English.
	Wording *Wording `yaml:"-"`
	// Confidence is the probability from which the likeliest reason is named in a brief. Below it the brief
	// says that the reason is unclear. Default 0.5.
	Confidence float64 `yaml:"confidence"`
}

// SetDefaults fills in what is zero, for agents who speak what the catalogue says.
func (c *BriefConfig) SetDefaults(catalogue *Catalogue) {
	if c.Wording == nil {
		c.Wording = DefaultWording(catalogue.Language)
	}
	if c.Confidence == 0 {
		c.Confidence = 0.5
	}
}

// Validate returns every problem of the configuration.
// It needs the catalogue, whose language is that of the agents who read the briefs.
func (c *BriefConfig) Validate(catalogue *Catalogue) error {
	var problems []error
	if c.Confidence < 0 || c.Confidence > 1 {
		problems = append(problems, fmt.Errorf("brief.confidence: %g is not 0 to 1", c.Confidence))
	}
	// An agent would get briefs in a language that they do not read.
	if baseLanguage(c.Wording.Language) != baseLanguage(catalogue.Language) {
		problems = append(problems, fmt.Errorf("wording is in %s: the agents of catalogue %s speak %s", c.Wording.Language, catalogue.Name, catalogue.Language))
	}
	return errors.Join(problems...)
}

// Wording is the text of briefs in one language, as data. It does not change once loaded and may be
// shared.
type Wording struct {
	// Language is a tag of BCP 47.
	Language string `yaml:"language"`
	// Numbers are words from 0 on. Numbers after the last are written in digits.
	Numbers []string `yaml:"numbers"`
	// Ordinals are words from 0 on.
	Ordinals []string `yaml:"ordinals"`
	// Times says how often: once, twice.
	Times   Forms  `yaml:"times"`
	Percent string `yaml:"percent"`
	// Ago says how long before the decision something was, from an hour on.
	Ago Durations `yaml:"ago"`
	// BeforeCall is for what was less than an hour ago, and before the call.
	BeforeCall struct {
		Now     string `yaml:"now"`
		Minutes Forms  `yaml:"minutes"`
	} `yaml:"before_call"`
	// At is a time of day, for what was less than an hour ago and not before a call, and for what is near.
	// Its form is that of the hour.
	At Forms `yaml:"at"`
	// TimeOfDay has the words for the halves of the day. Without them hours are counted to 23.
	TimeOfDay struct {
		AM string `yaml:"am"`
		PM string `yaml:"pm"`
	} `yaml:"time_of_day"`
	Span  Durations `yaml:"span"`
	Ahead Durations `yaml:"ahead"`
	// Where is by channel of touchpoints.
	Where map[string]string `yaml:"where"`
	// Via is by channel of actions.
	Via map[string]string `yaml:"via"`
	// Prefers is by channel of consents.
	Prefers      map[string]string `yaml:"prefers"`
	OtherChannel string            `yaml:"other_channel"`
	// Reasons are by name in the taxonomy.
	Reasons     map[string]ReasonWords `yaml:"reasons"`
	OtherReason ReasonWords            `yaml:"other_reason"`
	// Treatments are by treatment in the catalogue.
	Treatments map[string]string `yaml:"treatments"`
	// Services are by service in the catalogue.
	Services map[string]string `yaml:"services"`
	// Flags are by kind of red flag.
	Flags map[string]string `yaml:"flags"`
	// Showed is by source of a red flag.
	Showed map[string]string `yaml:"showed"`
	// Relations say who calls for the patient.
	Relations     map[string]string `yaml:"relations"`
	OtherRelation string            `yaml:"other_relation"`
	// MayKnow says what that person may be told.
	MayKnow      map[string]string `yaml:"may_know"`
	OtherMayKnow string            `yaml:"other_may_know"`
	// Languages are by language of BCP 47, without region and script.
	Languages     map[string]string `yaml:"languages"`
	OtherLanguage string            `yaml:"other_language"`
	// Say has the sentences by message.
	Say map[string]Forms `yaml:"say"`
	// Actions are by name in the catalogue, with /channel or /situation.
	Actions map[string]Forms `yaml:"actions"`
}

// Forms is a text whose form depends on a number. An empty form is Other.
type Forms struct {
	One   string `yaml:"one"`
	Two   string `yaml:"two"`
	Other string `yaml:"other"`
}

// UnmarshalYAML reads a text with forms, or one that has a single form.
func (f *Forms) UnmarshalYAML(n *yaml.Node) error {
	// Most texts have one form, and are written without a key.
	if n.Kind == yaml.ScalarNode {
		f.Other = n.Value
		return nil
	}
	// A mapping is its keys and values in turn. A misspelt form must not be taken for none.
	for i := 0; i+1 < len(n.Content); i += 2 {
		switch key, text := n.Content[i].Value, n.Content[i+1].Value; key {
		case "one":
			f.One = text
		case "two":
			f.Two = text
		case "other":
			f.Other = text
		default:
			return fmt.Errorf("line %d: form %q: not one, two or other", n.Line, key)
		}
	}
	return nil
}

// Durations is how a time span is said in its largest unit.
type Durations struct {
	// Now is said of less than a minute.
	Now     string `yaml:"now"`
	Minutes Forms  `yaml:"minutes"`
	Hours   Forms  `yaml:"hours"`
	Days    Forms  `yaml:"days"`
}

// ReasonWords is how a reason of contact is said.
type ReasonWords struct {
	// Form is said of what failed.
	Form string `yaml:"form"`
	// Page is said of what was looked at.
	Page string `yaml:"page"`
	// Topic is said of what was searched for, or chosen in the phone menu.
	Topic string `yaml:"topic"`
	// Wants follows "probably about".
	Wants string `yaml:"wants"`
}

// DefaultWording is the one of a language, or else the English one. They are embedded, and a test loads
// them.
func DefaultWording(language string) *Wording {
	for _, name := range []string{baseLanguage(language), "en"} {
		if b, err := wordings.ReadFile("wording/" + name + ".yaml"); err == nil {
			if w, err := ParseWording(b); err == nil {
				return w
			}
		}
	}
	panic("operators: the English wording does not load")
}

// LoadWording loads a wording of this module by its language (en, es) or a site's own by path.
func LoadWording(languageOrPath string) (*Wording, error) {
	// A wording of this module wins over a file of the same name.
	b, err := wordings.ReadFile("wording/" + languageOrPath + ".yaml")
	if errors.Is(err, fs.ErrNotExist) {
		b, err = os.ReadFile(languageOrPath)
	}
	if err != nil {
		return nil, fmt.Errorf("load wording: %w", err)
	}
	w, err := ParseWording(b)
	if err != nil {
		return nil, fmt.Errorf("load wording %s: %w", languageOrPath, err)
	}
	return w, nil
}

// ParseWording reads a wording from YAML. It refuses unknown keys and returns every problem.
func ParseWording(text []byte) (*Wording, error) {
	d := yaml.NewDecoder(strings.NewReader(string(text)))
	d.KnownFields(true)
	w := new(Wording)
	if err := d.Decode(w); err != nil {
		return nil, fmt.Errorf("parse: %w", err)
	}
	return w, w.validate()
}

// validate demands every text that a brief may need, and that its placeholders are ones that are filled.
// A text that is missing would leave a gap in a brief, which nobody sees before an agent does.
func (w *Wording) validate() error {
	v := wordingCheck{}
	v.need("language", w.Language)
	if len(w.Numbers) < 2 || len(w.Ordinals) < 2 {
		v.bad("numbers, ordinals: too few")
	}
	v.text("times", &w.Times, slotN)
	v.one("percent", w.Percent, slotN)
	for name, d := range map[string]*Durations{"ago": &w.Ago, "span": &w.Span, "ahead": &w.Ahead} {
		v.one(name+".now", d.Now, 0)
		v.text(name+".minutes", &d.Minutes, slotN)
		v.text(name+".hours", &d.Hours, slotN)
		v.text(name+".days", &d.Days, slotN)
	}
	v.one("before_call.now", w.BeforeCall.Now, 0)
	v.text("before_call.minutes", &w.BeforeCall.Minutes, slotN)
	v.text("at", &w.At, slotTime)
	for c := ActionVoice; c < actionChannels; c++ {
		v.need("via."+c.String(), w.Via[c.String()])
	}
	for kind := schemas.FlagNone + 1; kind < schemas.FlagKinds; kind++ {
		v.need("flags."+kind.String(), w.Flags[kind.String()])
	}
	// A flag without words would be read as its code by whoever has to act on it.
	for _, source := range flagSources {
		v.need("showed."+source, w.Showed[source])
	}
	for name, text := range map[string]string{"other_channel": w.OtherChannel, "other_language": w.OtherLanguage,
		"other_relation": w.OtherRelation, "other_may_know": w.OtherMayKnow} {
		v.need(name, text)
	}
	v.reason("other_reason", &w.OtherReason)
	for name, r := range w.Reasons {
		v.reason("reasons."+name, &r)
	}
	for m := range messages {
		f := w.Say[messageSpecs[m].name]
		v.text("say."+messageSpecs[m].name, &f, messageSpecs[m].slots)
	}
	if len(w.Say) > int(messages) {
		// One of them is misspelt, and would never be said.
		v.bad("say: more texts than there are messages")
	}
	for name, f := range w.Actions {
		v.placeholders("actions."+name, &f, actionSlots) // may be empty: nothing is said
	}
	return errors.Join(v...)
}

// flagSources are what shows a red flag, as decisions name it.
var flagSources = [...]string{"page", "search", "form", "chatbot", "message", "ivr", "health_record"}

// wordingCheck is what is wrong with a wording.
// It collects all of it, so that a translator mends a file in one go.
type wordingCheck []error

// bad notes a problem.
func (v *wordingCheck) bad(format string, args ...any) { *v = append(*v, fmt.Errorf(format, args...)) }

// need demands a text that is not blank.
func (v *wordingCheck) need(name, text string) {
	if strings.TrimSpace(text) == "" {
		v.bad("%s: missing", name)
	}
}

// reason demands all four ways to say a reason.
func (v *wordingCheck) reason(name string, r *ReasonWords) {
	v.need(name+".form", r.Form)
	v.need(name+".page", r.Page)
	v.need(name+".topic", r.Topic)
	v.need(name+".wants", r.Wants)
}

// one checks a text that has a single form.
func (v *wordingCheck) one(name, text string, slots slotSet) {
	v.text(name, &Forms{Other: text}, slots)
}

// text demands the form for any number, and checks all of them.
func (v *wordingCheck) text(name string, f *Forms, slots slotSet) {
	v.need(name, f.Other)
	v.placeholders(name, f, slots)
}

// placeholders checks that a text names only what is filled for it.
func (v *wordingCheck) placeholders(name string, f *Forms, slots slotSet) {
	for _, text := range []string{f.One, f.Two, f.Other} {
		if _, err := compileText(text, slots); err != nil {
			v.bad("%s: %w", name, err)
		}
	}
}
