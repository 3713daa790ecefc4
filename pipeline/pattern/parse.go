package pattern

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// The words of the text form.
const (
	wordThen   = "then"
	wordNot    = "not"
	wordWithin = "within"
)

// maxText bounds what Parse looks at: the text may come from a configuration that somebody else writes.
const maxText = 8 << 10

// Parse reads the text form of a sequence:
//
//	sequence = step { "then" step }
//	step     = [ "not" ] name [ "within" duration ]
//
// A duration is Go's ("90s", "1h30m"), or a number of days ("7d").
func Parse(text string) (*Sequence, error) {
	if len(text) > maxText {
		return nil, fmt.Errorf("pattern: %d bytes: at most %d", len(text), maxText)
	}
	p := parser{words: strings.Fields(text)}
	s := new(Sequence)
	for {
		step, err := p.step()
		if err != nil {
			return nil, fmt.Errorf("pattern: %w", err)
		}
		s.Steps = append(s.Steps, step)
		if p.next == len(p.words) {
			break
		}
		if word := p.take(); word != wordThen {
			return nil, fmt.Errorf("pattern: word %d, %q: write \"then\" before the next step", p.next, word)
		}
	}
	if err := s.Validate(); err != nil {
		return nil, fmt.Errorf("pattern: %w", err)
	}
	return s, nil
}

// parser goes through the words; next is the index of the next one, and so the number of the last, for
// errors.
type parser struct {
	words []string
	next  int
}

// take is the next word, empty at the end.
func (p *parser) take() string {
	if p.next == len(p.words) {
		return ""
	}
	p.next++
	return p.words[p.next-1]
}

// is takes the next word if it is the wanted one.
func (p *parser) is(word string) bool {
	if p.next == len(p.words) || p.words[p.next] != word {
		return false
	}
	p.next++
	return true
}

// step reads one step. Its errors say which word is wrong and what to write.
func (p *parser) step() (step Step, err error) {
	step.Not = p.is(wordNot)
	if step.Name = p.take(); step.Name == "" {
		return step, fmt.Errorf("word %d: a step is missing: write the name of a record", p.next+1)
	}
	if err := validateName(step.Name); err != nil {
		return step, fmt.Errorf("word %d, %q: %w", p.next, step.Name, err)
	}
	if !p.is(wordWithin) {
		return step, nil
	}
	at := p.next + 1
	word := p.take()
	if step.Within, err = parseDuration(word); err != nil {
		return step, fmt.Errorf("word %d, %q: write a time from 1ms to 366d after \"within\", such as 90s, 10m, 1h30m or 7d", at, word)
	}
	return step, nil
}

const day = 24 * time.Hour

// parseDuration reads Go's form, or a number of days, within the bounds of a step.
func parseDuration(word string) (time.Duration, error) {
	d, err := time.ParseDuration(word)
	if days, ok := strings.CutSuffix(word, "d"); ok {
		var n uint64
		n, err = strconv.ParseUint(days, 10, 16)
		d = time.Duration(n) * day
	}
	if err == nil && (d < time.Millisecond || d > maxWithin) {
		err = strconv.ErrRange
	}
	return d, err
}

// formatDuration is d in the largest unit that gives a whole number.
func formatDuration(d time.Duration) string {
	for _, u := range []struct {
		unit time.Duration
		name string
	}{{day, "d"}, {time.Hour, "h"}, {time.Minute, "m"}, {time.Second, "s"}, {time.Millisecond, "ms"}} {
		if d%u.unit == 0 {
			return strconv.FormatInt(int64(d/u.unit), 10) + u.name
		}
	}
	return d.String()
}
