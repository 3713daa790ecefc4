package decide

import (
	"fmt"
	"strings"

	"github.com/attune-health/attune/schemas"
)

// Words says actions, reasons and receipts in a site's words. Whoever shows a decision to people uses it, so that a
// screen and a report say the same.
type Words struct {
	actions map[string]string
	nothing map[string]bool
	reasons *schemas.Taxonomy
	// language is that of briefs.
	language string
}

// NewWords takes the words of a catalogue and of a taxonomy.
func NewWords(c *Catalogue, reasons *schemas.Taxonomy) *Words {
	w := &Words{actions: map[string]string{}, nothing: map[string]bool{}, reasons: reasons, language: c.Language}
	for i := range c.Actions {
		w.actions[c.Actions[i].ID], w.nothing[c.Actions[i].ID] = c.Actions[i].Words, c.Actions[i].Role == RoleNothing
	}
	return w
}

// Action is an action as an agent would say it; its id where the catalogue of now does not have it.
func (w *Words) Action(id, treatment string) string {
	return w.ActionIn(id, treatment, func(words string) string { return words })
}

// ActionIn is Action in another language: say translates the words of the catalogue.
func (w *Words) ActionIn(id, treatment string, say func(words string) string) string {
	words := w.actions[id]
	if words == "" {
		return id
	}
	if treatment == "" {
		treatment = "the"
	}
	return strings.ReplaceAll(say(words), "{treatment}", say(treatment))
}

// Language is that of the agents, and of briefs; empty where the catalogue does not say.
func (w *Words) Language() string { return w.language }

// IsNothing says whether an action is to do nothing.
func (w *Words) IsNothing(id string) bool { return w.nothing[id] }

// Reason is a contact reason; its code where the taxonomy of now does not have it.
func (w *Words) Reason(code string) string {
	if r := w.reasons.Index(code); r >= 0 {
		return w.reasons.Reasons[r].Words
	}
	return code
}

// stageWords say what each stage of a decision is.
var stageWords = map[string]string{
	"safety": "safety came first", "eligibility": "not possible", "applicability": "no occasion for it", "suitability": "not suitable",
	"contact_policy": "the contact policy held it back", "arbitration": "another was worth more", "holdout": "the experiment withheld it",
}

// Lost says what an action lost to: the stage that removed it and its rule. Score is what it was worth; below zero it is
// not known.
func (w *Words) Lost(stage, rule string, score float64) string {
	why := stageWords[stage]
	if why == "" {
		why = Plain(stage)
	}
	if rule != "" {
		why += ": " + Plain(rule)
	}
	if score >= 0 {
		why += fmt.Sprintf(", worth %.3f", score)
	}
	return why
}

// Plain is a code as words.
func Plain(code string) string { return strings.ReplaceAll(code, "_", " ") }

// Knows says whether a reason is one of the taxonomy.
func (w *Words) Knows(code string) bool { return w.reasons.Index(code) >= 0 }

// Reasons are the taxonomy's, for whoever has to choose one.
func (w *Words) Reasons() []schemas.Reason { return w.reasons.Reasons }

// PlainList is codes as words, with commas.
func PlainList(codes []string) string { return Plain(strings.Join(codes, ", ")) }
