package boards

import "testing"

// Every title and description is said in every language, and nothing is said that no board has.
func TestNoWordOfABoardLacksATranslation(t *testing.T) {
	for language, w := range words {
		used := map[string]bool{"": true}
		say := func(board, text string) {
			if used[text] = true; text != "" && w.Texts[text] == "" {
				t.Errorf("%s: %s has no %q", language, board, text)
			}
		}
		for _, b := range All() {
			say(b.Name, b.Title)
			say(b.Name, b.About)
			for i := range b.Panels {
				p := &b.Panels[i]
				say(b.Name, p.Title)
				say(b.Name, p.About)
				for _, c := range p.Shares {
					if w.Columns[c] == "" {
						t.Errorf("%s: %s has no column %q", language, b.Name, c)
					}
				}
			}
		}
		for text := range w.Texts {
			if !used[text] {
				t.Errorf("%s: no board says %q", language, text)
			}
		}
	}
}
