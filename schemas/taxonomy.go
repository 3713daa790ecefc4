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

// Codes that stand beside the reasons of every taxonomy.
const (
	ReasonNone    = "none_expected" // no contact came within the horizon
	ReasonUnknown = "unknown"       // a contact came whose reason nobody named
)

// MaxReasons bounds a taxonomy, so that a distribution over it fits an array.
const MaxReasons = 32

//go:embed taxonomies/*.yaml
var taxonomies embed.FS

// Taxonomy is the list of reasons for contact that a site knows, as data. It does not change once
// loaded and may be shared.
type Taxonomy struct {
	Version string            `yaml:"version"` // names the reasons and their order in every result
	Zone    string            `yaml:"zone"`    // IANA zone of the contact center
	Reasons []Reason          `yaml:"reasons"` // in table order
	Special map[string]string `yaml:"special"` // codes that are no reasons, with what they mean
	Hints   []Hint            `yaml:"hints"`
	Contact ContactPrior      `yaml:"contact"`

	index map[string]int
	quick quickIndex
}

// Reason is one reason for contact.
type Reason struct {
	Code   string  `yaml:"code"`
	Name   string  `yaml:"name"`   // constant, for columns and labels
	Short  string  `yaml:"short"`  // as in "a failed ... form"
	Words  string  `yaml:"words"`  // as in "likely ..."
	Prior  float64 `yaml:"prior"`  // share of contacts to start from
	Urgent float64 `yaml:"urgent"` // urgency of such a contact, 0 to 1
}

// Hint is what a page or screen says beyond the reason that came with it.
type Hint struct {
	Page   string `yaml:"page"` // prefix of the page, the screen or the line that the voice menu leads to
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

// ContactPrior is how likely a contact is before anything was learned.
type ContactPrior struct {
	Base         [4]float64 `yaml:"base"`          // within 15 minutes, 2 hours, 24 hours, 7 days
	Frustration  [3]float64 `yaml:"frustration"`   // factor by band
	Loops        [3]float64 `yaml:"loops"`         // factor by number of open loops: 0, 1, more
	FreshFailure float64    `yaml:"fresh_failure"` // factor where a digital step has just failed
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

// quickIndex finds a code by its length, first and last bytes where these tell all codes apart, as
// they do in taxonomies that people write: a reason is looked up several times a touchpoint.
type quickIndex struct {
	slots [256]int8 // 1 + number of the reason, 0 for none
	whole bool      // every reason has a slot of its own
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

// Hint is what is known of a page or screen: the longest hint whose page is a prefix of it.
func (t *Taxonomy) Hint(page string) (best Hint, ok bool) {
	for _, h := range t.Hints {
		if strings.HasPrefix(page, h.Page) && len(h.Page) > len(best.Page) {
			best, ok = h, true
		}
	}
	return best, ok
}
