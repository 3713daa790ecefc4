package desk

import (
	"embed"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/attune-health/attune/operators/decide"
)

//go:embed phrases
var phraseFiles embed.FS

// phrases are what the words of the catalogues and taxonomies that ship with attune mean in other languages than theirs, by
// language and by the words themselves. A site's own words are in its own language, and stay.
var phrases = readPhrases("es")

func readPhrases(languages ...string) map[string]map[string]string {
	all := map[string]map[string]string{}
	for _, l := range languages {
		text, err := phraseFiles.ReadFile("phrases/" + l + ".json")
		m := map[string]string{}
		if err == nil {
			err = json.Unmarshal(text, &m)
		}
		if err != nil {
			panic(fmt.Sprintf("the phrases in %s: %v", l, err))
		}
		all[l] = m
	}
	return all
}

// phrase is what words mean in a language; the words themselves where that is not known.
func phrase(language, words string) string {
	if said := phrases[language][words]; said != "" {
		return said
	}
	return words
}

// inLanguage is a decision with its action and reasons in a language.
func (d decisionAnswer) inLanguage(language string, words *decide.Words) decisionAnswer {
	say := func(text string) string { return phrase(language, text) }
	d.Action.Words = words.ActionIn(d.Action.ID, d.Action.Treatment, say)
	d.Reasons = append([]reasonAnswer{}, d.Reasons...)
	for i := range d.Reasons {
		d.Reasons[i].Words = say(d.Reasons[i].Words)
	}
	return d
}

// inShort is what a decision rests on, in a language that its brief is not in: a line for each thing that its codes say.
func (d *decisionAnswer) inShort(language string) []string {
	texts, lines := texts[language], []string{}
	add := func(key, value string, n int32) {
		if text := texts[key]; text != "" {
			value = phrase(language, value)
			lines = append(lines, strings.NewReplacer("{value}", decide.Plain(value), "{n}", fmt.Sprint(n)).Replace(text))
		}
	}
	for _, f := range d.RedFlags {
		add("flag_"+f.Kind, "", 0)
	}
	for _, f := range d.Facts {
		add("fact_"+f.Code, f.Value, f.N)
	}
	for _, x := range d.Duties {
		add("duty_"+x.Code, x.Value, 0)
	}
	if d.LastResort {
		add("last_resort", "", 0)
	}
	if len(d.Reasons) > 0 && d.Reasons[0].P > 0 {
		lines = append(lines, fmt.Sprintf("%s: %s (%.0f %%)", texts["col_reason"], d.Reasons[0].Words, 100*d.Reasons[0].P))
	}
	return lines
}
