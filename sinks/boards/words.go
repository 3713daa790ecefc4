package boards

import (
	_ "embed"
	"encoding/json"
	"fmt"
)

//go:embed es.json
var spanish []byte

// Words are what boards say in another language, by the English. SQL and its columns stay as they are: whoever shows an
// answer looks up what stands above a column, or in it.
type Words struct {
	// Texts are titles and descriptions.
	Texts map[string]string `json:"texts"`
	// Columns are the names of columns; Values what stands in a column of that name, where it is not the site's own.
	Columns map[string]string            `json:"columns"`
	Values  map[string]map[string]string `json:"values"`
}

// words are the languages beside English.
var words = map[string]*Words{"es": read(spanish)}

func read(text []byte) *Words {
	w := &Words{}
	if err := json.Unmarshal(text, w); err != nil {
		panic(fmt.Sprintf("the words of boards: %v", err))
	}
	return w
}

// WordsIn are the words of a language. There are none in English, nor in a language that is not known.
func WordsIn(language string) *Words {
	if w := words[language]; w != nil {
		return w
	}
	return &Words{Texts: map[string]string{}, Columns: map[string]string{}, Values: map[string]map[string]string{}}
}

// Text is a title or a description.
func (w *Words) Text(english string) string {
	if said := w.Texts[english]; said != "" {
		return said
	}
	return english
}
