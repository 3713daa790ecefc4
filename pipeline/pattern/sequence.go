package pattern

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Sequence is a pattern as written. Its methods add a step and return it, so that it reads as one
// sentence; nothing is checked before Validate.
type Sequence struct{ Steps []Step }

// Step is one step of a sequence: a name that is to come, or not to come, after the step before it.
type Step struct {
	// Name is that of the record; Not: it is not to come.
	Name string
	Not  bool
	// Within is for how long after the step before; 0: none is given.
	Within time.Duration
}

// Begin makes a sequence that begins with a record of a name.
func Begin(name string) *Sequence { return &Sequence{Steps: []Step{{Name: name}}} }

// Then demands a record of a name; Within must follow, since a partial match that could wait for ever
// would stay in the state for ever.
func (s *Sequence) Then(name string) *Sequence { return s.add(Step{Name: name}) }

// Not demands that no record of a name comes before the next one that the sequence demands.
func (s *Sequence) Not(name string) *Sequence { return s.add(Step{Name: name, Not: true}) }

// NotWithin demands that no record of a name comes for d; the sequence goes on after it.
func (s *Sequence) NotWithin(name string, d time.Duration) *Sequence {
	return s.add(Step{Name: name, Not: true, Within: d})
}

// Within bounds the last step.
func (s *Sequence) Within(d time.Duration) *Sequence {
	s.Steps[len(s.Steps)-1].Within = d
	return s
}

func (s *Sequence) add(step Step) *Sequence {
	s.Steps = append(s.Steps, step)
	return s
}

// String is the text that Parse reads.
func (s *Sequence) String() string {
	var b strings.Builder
	for i := range s.Steps {
		if i > 0 {
			b.WriteString(" then ")
		}
		s.Steps[i].write(&b)
	}
	return b.String()
}

// write appends the step's text.
func (s *Step) write(b *strings.Builder) {
	if s.Not {
		b.WriteString("not ")
	}
	b.WriteString(s.Name)
	if s.Within != 0 {
		b.WriteString(" within " + formatDuration(s.Within))
	}
}

// Bounds of a pattern: symbols fit into the bits of a word, and times into state that is kept.
const (
	maxSteps  = 32
	maxWithin = 366 * 24 * time.Hour
	maxName   = 64
)

// Validate returns every problem, each with what to do about it.
func (s *Sequence) Validate() error {
	if len(s.Steps) == 0 {
		return errors.New("a pattern without steps: write a first one, as in \"a then b within 10m\"")
	}
	var errs []error
	report := func(i int, format string, args ...any) {
		var text strings.Builder
		s.Steps[i].write(&text)
		errs = append(errs, fmt.Errorf("step %d, %q: "+format, append([]any{i + 1, text.String()}, args...)...))
	}
	if len(s.Steps) > maxSteps {
		errs = append(errs, fmt.Errorf("%d steps: at most %d; make two patterns of it", len(s.Steps), maxSteps))
	}
	for i := range s.Steps {
		s.validateStep(i, report)
	}
	if last := len(s.Steps) - 1; len(s.Steps) > 1 && s.Steps[last].Not && s.Steps[last].Within == 0 {
		report(last, "the pattern would never end: say for how long, as in \"not %s within 10m\", or add a step", s.Steps[last].Name)
	}
	return errors.Join(errs...)
}

// validateStep reports the problems of step i.
func (s *Sequence) validateStep(i int, report func(i int, format string, args ...any)) {
	step := &s.Steps[i]
	if err := validateName(step.Name); err != nil {
		report(i, "%w", err)
	}
	switch {
	case i == 0 && (step.Not || step.Within != 0):
		report(i, "the first step is a record to begin with: leave out \"not\" and \"within\"")
	case i == 0:
	case step.Within < 0 || step.Within > maxWithin || step.Within%time.Millisecond != 0:
		report(i, "within is from 1ms to 366d, in whole milliseconds")
	case !step.Not && step.Within == 0:
		report(i, "say within how long after the step before it, as in \"then %s within 30m\"", step.Name)
	}
	if step.Not {
		return
	}
	for k := i - 1; k > 0 && s.Steps[k].Not; k-- {
		if s.Steps[k].Name == step.Name && s.Steps[k].Within == 0 {
			report(i, "waits for what step %d forbids until then: leave out one of them, or say within how long step %d forbids it", k+1, k+1)
		}
	}
}

// validateName refuses what could not be told from the words of the text form.
func validateName(name string) error {
	if name == "" || len(name) > maxName {
		return fmt.Errorf("a name has 1 to %d letters", maxName)
	}
	if i := strings.IndexFunc(name, func(r rune) bool { return !isName(r) }); i >= 0 {
		return errors.New("a name is made of a-z, 0-9, \".\", \"_\" and \"-\"")
	}
	if name == wordThen || name == wordNot || name == wordWithin {
		return errors.New("a name must not be one of the words then, not and within")
	}
	return nil
}

func isName(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '.' || r == '_' || r == '-'
}
