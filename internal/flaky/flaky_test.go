package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// ran is what a run came to, from the lines that go test prints.
func ran(t *testing.T, lines ...string) result {
	t.Helper()
	r, _, err := read(strings.NewReader(strings.Join(lines, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

const (
	begins = `{"Action":"start","Package":"p"}` + "\n" + `{"Action":"run","Package":"p","Test":"A"}` + "\n" + `{"Action":"run","Package":"p","Test":"A/x"}` + "\n" + `{"Action":"run","Package":"p","Test":"B"}`
	passes = `{"Action":"pass","Package":"p","Test":"A/x"}` + "\n" + `{"Action":"pass","Package":"p","Test":"A"}` + "\n" + `{"Action":"skip","Package":"p","Test":"B"}` + "\n" + `{"Action":"pass","Package":"p"}`
	fails  = `{"Action":"fail","Package":"p","Test":"A/x"}` + "\n" + `{"Action":"fail","Package":"p","Test":"A"}` + "\n" + `{"Action":"skip","Package":"p","Test":"B"}` + "\n" + `{"Action":"fail","Package":"p"}`
)

func reported(runs ...result) (string, error) {
	all := newTally()
	for _, r := range runs {
		all.add(r)
	}
	var out strings.Builder
	err := all.report(&out, len(runs), len(runs))
	return out.String(), err
}

func TestTestThatFailsOnceIsListedAndNotWhatItIsAPartOf(t *testing.T) {
	out, err := reported(ran(t, begins, passes), ran(t, begins, fails), ran(t, begins, passes))
	if want := "failed 1, skipped 0 of 3: p A/x\nflaky: 3 tests in 3 runs; 1 did not pass every time, 1 were skipped\n"; out != want || err == nil {
		t.Errorf("reported %q, %v, want %q and an error", out, err, want)
	}
}

func TestNothingIsListedWhereAllPass(t *testing.T) {
	out, err := reported(ran(t, begins, passes), ran(t, begins, passes))
	if want := "flaky: 3 tests in 2 runs; 0 did not pass every time, 1 were skipped\n"; out != want || err != nil {
		t.Errorf("reported %q, %v, want %q", out, err, want)
	}
}

func TestTestThatNeverEndsIsListed(t *testing.T) {
	panicked := ran(t, begins, `{"Action":"output","Package":"p","Test":"A/x","Output":"panic: test timed out\n"}`, `{"Action":"pass","Package":"p","Test":"B"}`, `{"Action":"fail","Package":"p"}`)
	if out, err := reported(panicked); !strings.HasPrefix(out, "failed 1, skipped 0 of 1: p A/x\nflaky") || err == nil {
		t.Errorf("reported %q, %v", out, err)
	}
}

func TestPackageThatFailsWithoutATestIsListed(t *testing.T) {
	built := ran(t, `{"ImportPath":"p","Action":"build-output","Output":"no such function\n"}`, `not json`, `{"ImportPath":"p","Action":"build-fail"}`)
	exited := ran(t, begins, strings.Replace(passes, `{"Action":"pass","Package":"p"}`, `{"Action":"fail","Package":"p"}`, 1))
	for _, r := range []result{built, exited} {
		if out, err := reported(r); !strings.HasPrefix(out, "failed 1, skipped 0 of 1: p (the package)\n") || err == nil {
			t.Errorf("reported %q, %v", out, err)
		}
	}
}

func TestTestThatIsSkippedOnceIsListed(t *testing.T) {
	skips := strings.Replace(passes, `{"Action":"pass","Package":"p","Test":"A"}`, `{"Action":"skip","Package":"p","Test":"A"}`, 1)
	if out, err := reported(ran(t, begins, passes), ran(t, begins, skips)); !strings.HasPrefix(out, "failed 0, skipped 1 of 2: p A\n") || err == nil {
		t.Errorf("reported %q, %v", out, err)
	}
}

// The program itself, on a module whose one test fails every second time.
func TestRunsOnABusyMachineTellApartWhatFailsByChance(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod": "module m\n\ngo 1.26\n",
		"m_test.go": `package m

import ("os"; "testing")

func TestSteady(t *testing.T) {}

func TestEverySecondTime(t *testing.T) {
	if os.Remove("mark") == nil {
		return
	}
	if err := os.WriteFile("mark", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Error("by chance")
}
`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	all := newTally()
	defer keepBusy(1)()
	for range 2 {
		r, output, err := testOnce(t.Context(), options{timeout: time.Hour, args: []string{"./..."}})
		if err != nil {
			t.Fatal(err)
		}
		if bad := len(r.bad()) > 0; bad != strings.Contains(string(output), "by chance") {
			t.Errorf("failed: %v, output: %s", bad, output)
		}
		all.add(r)
	}
	if c := *all.of(test{"m", "TestEverySecondTime"}); c != (counts{pass: 1, bad: 1}) {
		t.Errorf("of the test that fails every second time: %+v", c)
	}
	if c := *all.of(test{"m", "TestSteady"}); c != (counts{pass: 2}) {
		t.Errorf("of the steady one: %+v", c)
	}
}
