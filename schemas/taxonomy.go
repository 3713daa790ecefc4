package schemas

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"strings"

	"gopkg.in/yaml.v3"
)

// Codes beside the reasons of every taxonomy.
const (
	ReasonNone    = "none_expected" // no contact came within the horizon
	ReasonUnknown = "unknown"       // a contact came whose reason nobody named
)

// MaxReasons bounds a taxonomy, so that a distribution over it fits an array.
const MaxReasons = 32

//go:embed taxonomies/*.yaml taxonomies/*.weights
var taxonomies embed.FS

// Taxonomy is the list of reasons for contact that a site knows, as data. It does not change once
// loaded and may be shared.
type Taxonomy struct {
	// Version names the reasons and their order in every result.
	Version string `yaml:"version"`
	// Zone is the IANA time zone of the contact center.
	Zone string `yaml:"zone"`
	// Reasons in table order: models and state know them by number.
	Reasons []Reason `yaml:"reasons"`
	// Special are codes that are no reasons, with what they mean.
	Special map[string]string `yaml:"special"`
	Hints   []Hint            `yaml:"hints"`
	Contact ContactPrior      `yaml:"contact"`
	// Without names the groups of features, or families of them, that the site's models do not use.
	Without []string `yaml:"without"`

	index map[string]int
	quick quickIndex
}

// Reason is one reason for contact.
type Reason struct {
	Code string `yaml:"code"`
	// Name never changes: columns and labels have it.
	Name string `yaml:"name"`
	// Short is as in "a failed ... form", Words as in "likely ...".
	Short string `yaml:"short"`
	Words string `yaml:"words"`
	// Prior is the share of contacts to start from.
	Prior float64 `yaml:"prior"`
	// Urgent is the urgency of such a contact, 0 to 1.
	Urgent float64 `yaml:"urgent"`
}

// Hint is what is known of a page or screen, beyond the reason that its touchpoint names.
type Hint struct {
	// Page is a prefix of the page, the screen, or the line that the voice menu leads to.
	Page   string `yaml:"page"`
	Reason string `yaml:"reason"`
	Flag   Flag   `yaml:"flag"`
}

// Flag is a kind of red flag: a sign that somebody may be in danger. The numbers are part of the state.
type Flag uint8

// The kinds of red flags. They are kinds and not grades: each has people who help with it.
const (
	FlagNone Flag = iota
	FlagUrgent
	FlagEmergency
	FlagSelfHarm
	FlagPoison
	FlagCriticalResult // a result that a clinician must see first
	FlagKinds
)

var flagNames = [FlagKinds]string{"none", "urgent", "emergency", "self_harm", "poison", "critical_result"}

// String is the flag's name in records and catalogues.
func (f Flag) String() string {
	if f < FlagKinds {
		return flagNames[f]
	}
	return flagNames[FlagNone]
}

// UnmarshalText reads a flag by name.
func (f *Flag) UnmarshalText(text []byte) error {
	*f = FlagNone
	if len(text) == 0 {
		return nil
	}
	for i, name := range flagNames {
		if name == string(text) {
			*f = Flag(i)
			return nil
		}
	}
	return fmt.Errorf("flag %q: not one of %s", text, strings.Join(flagNames[:], ", "))
}

// ContactPrior is how likely a contact is before anything was learned: a base rate times factors.
type ContactPrior struct {
	// Base within 15 minutes, 2 hours, 24 hours, 7 days.
	Base [4]float64 `yaml:"base"`
	// Frustration is a factor by band.
	Frustration [3]float64 `yaml:"frustration"`
	// Loops is a factor by the number of open loops: 0, 1, more.
	Loops [3]float64 `yaml:"loops"`
	// FreshFailure is a factor where a digital step has just failed.
	FreshFailure float64 `yaml:"fresh_failure"`
}

// DefaultTaxonomy is the health taxonomy. It is embedded, and a test loads it.
func DefaultTaxonomy() *Taxonomy {
	t, err := LoadTaxonomy("health")
	if err != nil {
		panic(err)
	}
	return t
}

// LoadTaxonomy loads a taxonomy of this module by name (health, bank) or a site's own by path.
func LoadTaxonomy(nameOrPath string) (*Taxonomy, error) {
	b, err := taxonomies.ReadFile("taxonomies/" + nameOrPath + ".yaml")
	if errors.Is(err, fs.ErrNotExist) {
		b, err = os.ReadFile(nameOrPath)
	}
	if err != nil {
		return nil, fmt.Errorf("load taxonomy: %w", err)
	}
	t, err := ParseTaxonomy(b)
	if err != nil {
		return nil, fmt.Errorf("load taxonomy %s: %w", nameOrPath, err)
	}
	return t, nil
}

// ShippedWeights are what a model begins with at a site whose taxonomy is of that version, nil where none are
// shipped. The file lies beside the taxonomy; make weights writes it.
func ShippedWeights(version string) []byte {
	b, err := taxonomies.ReadFile("taxonomies/" + version + ".weights")
	if err != nil {
		return nil
	}
	return b
}

// ParseTaxonomy reads a taxonomy from YAML. It refuses unknown keys and returns every problem.
func ParseTaxonomy(text []byte) (*Taxonomy, error) {
	d := yaml.NewDecoder(strings.NewReader(string(text)))
	d.KnownFields(true)
	t := new(Taxonomy)
	if err := d.Decode(t); err != nil {
		return nil, fmt.Errorf("parse: %w", err)
	}
	t.index = make(map[string]int, len(t.Reasons))
	for i, r := range t.Reasons {
		t.index[r.Code] = i
	}
	t.quick.build(t.Reasons)
	return t, t.validate()
}

func (t *Taxonomy) validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if t.Version == "" {
		bad("version: missing")
	}
	if n := len(t.Reasons); n == 0 || n > MaxReasons {
		bad("reasons: %d of them, not 1 to %d", n, MaxReasons)
	}
	if len(t.index) != len(t.Reasons) {
		bad("reasons: a code occurs twice")
	}
	sum := 0.0
	for _, r := range t.Reasons {
		sum += r.Prior
		if r.Code == "" || r.Code == ReasonNone || r.Code == ReasonUnknown || r.Prior <= 0 || r.Urgent < 0 || r.Urgent > 1 {
			bad("reason %q: needs a code of its own, a prior above 0 and urgency of 0 to 1", r.Code)
		}
	}
	if math.Abs(sum-1) > 0.001 {
		bad("reasons: priors add up to %.4f, not 1", sum)
	}
	for _, code := range []string{ReasonNone, ReasonUnknown} {
		if _, ok := t.Special[code]; !ok {
			bad("special: %s is missing", code)
		}
	}
	for _, h := range t.Hints {
		if h.Page == "" || h.Reason != "" && t.Index(h.Reason) < 0 {
			bad("hint: page missing, or reason %q unknown", h.Reason)
		}
	}
	for i, p := range t.Contact.Base {
		if p <= 0 || p >= 1 || i > 0 && p < t.Contact.Base[i-1] {
			bad("contact.base: must grow between 0 and 1")
		}
	}
	return errors.Join(errs...)
}

// Index is the number of a reason in table order, or -1.
func (t *Taxonomy) Index(code string) int {
	if i := t.quick.slot(code); i >= 0 && t.Reasons[i].Code == code {
		return i
	}
	if t.quick.whole {
		return -1
	}
	if i, ok := t.index[code]; ok {
		return i
	}
	return -1
}

// quickIndex finds a code by its length, first and last bytes, if these tell all codes apart, as
// they do in taxonomies that people write. A reason is looked up several times a touchpoint.
type quickIndex struct {
	// 1 + number of the reason, 0 for none.
	slots [256]int8
	// Every reason has a slot of its own.
	whole bool
}

func (q *quickIndex) build(reasons []Reason) {
	q.whole = len(reasons) <= MaxReasons
	for i, r := range reasons {
		if r.Code == "" || i >= MaxReasons || q.slots[quickHash(r.Code)] != 0 {
			q.whole = false
			continue
		}
		q.slots[quickHash(r.Code)] = int8(i + 1)
	}
}

func (q *quickIndex) slot(code string) int {
	if code == "" {
		return -1
	}
	return int(q.slots[quickHash(code)]) - 1
}

func quickHash(code string) uint8 {
	n := len(code)
	return code[n-1] + 31*code[n/2] + 97*code[0] + uint8(n)
}

// Known reports whether code is a reason of the taxonomy or one of its special codes.
func (t *Taxonomy) Known(code string) bool {
	if _, ok := t.index[code]; ok {
		return true
	}
	_, ok := t.Special[code]
	return ok
}

// Hint is what is known of a page or screen: the hint with the longest prefix of it.
func (t *Taxonomy) Hint(page string) (best Hint, ok bool) {
	for _, h := range t.Hints {
		if strings.HasPrefix(page, h.Page) && len(h.Page) > len(best.Page) {
			best, ok = h, true
		}
	}
	return best, ok
}
