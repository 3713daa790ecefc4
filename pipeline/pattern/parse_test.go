package pattern

import (
	"strings"
	"testing"
	"time"
)

func TestTextIsReadAndWritten(t *testing.T) {
	for text, want := range map[string]*Sequence{
		"web.failed then not web.completed within 10m then call.started within 30m": Begin("web.failed").
			NotWithin("web.completed", 10*time.Minute).Then("call.started").Within(30 * time.Minute),
		"a then b within 90s":                      Begin("a").Then("b").Within(90 * time.Second),
		"a then not b then c within 7d":            Begin("a").Not("b").Then("c").Within(7 * 24 * time.Hour),
		"a then not b within 1ms then a within 2h": Begin("a").NotWithin("b", time.Millisecond).Then("a").Within(2 * time.Hour),
	} {
		s, err := Parse(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if s.String() != text || want.String() != text {
			t.Errorf("%q is written %q, and built %q", text, s, want)
		}
	}
	if s, err := Parse("  a\n then\tb within 1h30m"); err != nil || s.String() != "a then b within 90m" {
		t.Errorf("got %q, %v", s, err)
	}
}

func TestErrorsSayWhatToDo(t *testing.T) {
	long := "a" + strings.Repeat(" then b within 1s", maxSteps)
	for text, want := range map[string]string{
		"":                              `word 1: a step is missing: write the name of a record`,
		"a then":                        `word 3: a step is missing`,
		"a then not":                    `word 4: a step is missing`,
		"a b":                           `word 2, "b": write "then" before the next step`,
		"a then b":                      `step 2, "b": say within how long after the step before it, as in "then b within 30m"`,
		"not a then b within 1s":        `step 1, "not a": the first step is a record to begin with: leave out "not" and "within"`,
		"a within 5m then b within 1s":  `the first step is a record to begin with`,
		"a then not b":                  `step 2, "not b": the pattern would never end: say for how long, as in "not b within 10m", or add a step`,
		"a then b within":               `word 5, "": write a time from 1ms to 366d after "within", such as 90s, 10m, 1h30m or 7d`,
		"a then b within soon":          `word 5, "soon": write a time`,
		"a then b within 400d":          `write a time from 1ms to 366d`,
		"a then b within -5s":           `write a time from 1ms to 366d`,
		"a then b within 1500us":        `step 2, "b within 1.5ms": within is from 1ms to 366d, in whole milliseconds`,
		"A then b within 1s":            `word 1, "A": a name is made of a-z, 0-9, ".", "_" and "-"`,
		"a then then":                   `a name must not be one of the words then, not and within`,
		"a then not b then b within 5s": `step 3, "b within 5s": waits for what step 2 forbids until then: leave out one of them`,
		long:                            `33 steps: at most 32; make two patterns of it`,
		strings.Repeat("x", maxText+1):  `at most 8192`,
		strings.Repeat("x", maxName+1):  `a name has 1 to 64 letters`,
	} {
		_, err := Parse(text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: got %v, want %q", text, err, want)
		}
	}
}

// FuzzParse: what is accepted is compiled, written out and read again as the same, and nothing panics.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"web.failed then not web.completed within 10m then call.started within 30m",
		"a then not b then c within 7d then not d within 1h1ms", "a then", "not a", "a within 5d", "a then b within 99999999d",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := Parse(text)
		if err != nil {
			return
		}
		m, err := compile(s)
		if err != nil || len(m.names) > maxSymbols || len(m.states) >= len(s.Steps)+1 {
			t.Fatalf("%q: compiled to %+v, %v", text, m, err)
		}
		again, err := Parse(s.String())
		if err != nil || again.String() != s.String() {
			t.Errorf("%q is written %q, and that is read as %q, %v", text, s, again, err)
		}
	})
}
