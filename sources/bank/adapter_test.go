package bank

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/attune-health/attune/schemas"
	"github.com/attune-health/attune/sources"
)

// fileOf writes lines, the bank's header first, to a file of the test.
func fileOf(t testing.TB, lines ...string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "log.txt")
	text := header + "\n" + strings.Join(lines, "\n") + "\n"
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// row writes a row with blanks for tabs.
func row(fields string) string { return strings.Join(strings.Fields(fields), "\t") }

// told lists what a log says, one line a touchpoint: local time, event, and what
// the call's body says.
func told(t testing.TB, lines ...string) []string {
	t.Helper()
	return toldBy(t, fileOf(t, lines...), sources.OrderFile)
}

func toldBy(t testing.TB, file string, order sources.Order) (out []string) {
	t.Helper()
	p, err := newParser()
	if err != nil {
		t.Fatal(err)
	}
	drain(t, []string{file}, sources.Options{Order: order}, func(r sources.Record) {
		tp, c := r.Touchpoint, &r.Touchpoint.Body.Call
		s := tp.OccurredAt.Time().In(p.zone).Format("0102 15:04:05 ") + c.Event.String()
		add := func(on bool, format string, args ...any) {
			if on {
				s += " " + fmt.Sprintf(format, args...)
			}
		}
		add(c.Reason != "", "%s", c.Reason)
		add(c.SelfServiceMs > 0, "menu=%d", c.SelfServiceMs)
		add(c.Queued, "queued")
		add(c.Abandoned, "abandoned")
		add(c.Answered, "answered")
		add(c.WaitMs > 0, "wait=%d", c.WaitMs)
		add(c.TalkMs > 0, "talk=%d", c.TalkMs)
		add(c.Phantom, "phantom")
		out = append(out, s)
	})
	return out
}

func expect(t *testing.T, got []string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("touchpoints (-want +got):\n%s", diff)
	}
}

func TestCallIsAnswered(t *testing.T) {
	expect(t, told(t, row("AA0101 33118 27997683 2 PS 990101 6:55:20 6:55:26 6 6:55:26 6:55:43 17 AGENT 6:55:43 6:56:37 54 MICHAL")),
		"0101 06:55:20 self_service menu=6000",
		"0101 06:55:26 queued",
		"0101 06:55:43 answered wait=17000",
		"0101 06:56:37 ended talk=54000",
		"0101 06:56:37 disposition PS menu=6000 queued answered wait=17000 talk=54000")
}

func TestCallerHangsUpInTheQueue(t *testing.T) {
	expect(t, told(t, row("AA0101 33116 9664491 2 PS 990101 0:00:31 0:00:36 5 0:00:36 0:03:09 153 HANG 0:00:00 0:00:00 0 NO_SERVER")),
		"0101 00:00:31 self_service menu=5000",
		"0101 00:00:36 queued",
		"0101 00:03:09 abandoned wait=153000",
		"0101 00:03:09 disposition PS menu=5000 queued abandoned wait=153000")
}

func TestHangUpWithoutQueueIsNotAbandonment(t *testing.T) {
	expect(t, told(t, row("AA0101 33117 0 0 PS 990101 0:34:12 0:34:23 11 0:00:00 0:00:00 0 HANG 0:00:00 0:00:00 0 NO_SERVER")),
		"0101 00:34:12 self_service menu=11000",
		"0101 00:34:23 disposition PS menu=11000")
	// A queue of no length is none, though its times are there.
	expect(t, told(t, row("AA0101 33314 0 0 NW 990104 18:23:45 18:23:54 9 18:23:54 18:23:54 0 HANG 0:00:00 0:00:00 0 NO_SERVER")),
		"0104 18:23:45 self_service menu=9000",
		"0104 18:23:54 disposition NW menu=9000")
}

// The label of a HANG row comes at the latest of its times, service included.
func TestLabelComesAtTheLatestTime(t *testing.T) {
	expect(t, told(t, row("AA0101 33761 55279970 2 PS 990113 16:21:19 16:21:25 6 16:21:25 16:21:58 33 HANG 16:21:58 16:30:30 512 NO_SERVER")),
		"0113 16:21:19 self_service menu=6000",
		"0113 16:21:25 queued",
		"0113 16:21:58 abandoned wait=33000",
		"0113 16:30:30 disposition PS menu=6000 queued abandoned wait=33000")
}

func TestPhantomIsOneTouchpoint(t *testing.T) {
	expect(t, told(t, row("AA0101 33180 69100527 2 PS 990103 10:19:09 10:19:15 6 10:19:15 10:19:31 16 PHANTOM 10:19:30 10:20:13 43 NO_SERVER")),
		"0103 10:20:13 disposition PS menu=6000 queued wait=16000 phantom")
}

func TestTypeHasALeadingBlank(t *testing.T) {
	got := told(t, strings.Replace(row("AA0102 33340 0 0 TT 990324 15:09:49 15:09:54 5 0:00:00 0:00:00 0 HANG 0:00:00 0:00:00 0 NO_SERVER"), "TT", " TT", 1))
	expect(t, got, "0324 15:09:49 self_service menu=5000", "0324 15:09:54 disposition TT menu=5000")
}

func TestSeventhType(t *testing.T) {
	expect(t, told(t, row("AA0204 32649 0 0 AA 990113 4:12:26 4:13:04 38 0:00:00 0:00:00 0 HANG 0:00:00 0:00:00 0 NO_SERVER")),
		"0113 04:12:26 self_service menu=38000",
		"0113 04:13:04 disposition AA menu=38000")
}

func TestCallCrossesMidnight(t *testing.T) {
	expect(t, told(t, row("AA0115 14375 25245705 1 PS 990228 23:59:56 23:59:56 0 0:00:02 0:00:29 27 AGENT 0:00:29 0:00:58 29 BENSION")),
		"0228 23:59:56 self_service",
		"0301 00:00:02 queued",
		"0301 00:00:29 answered wait=27000",
		"0301 00:00:58 ended talk=29000",
		"0301 00:00:58 disposition PS queued answered wait=27000 talk=29000")
}

// 0:00:00 means that a stage did not happen, unless its duration says it did.
func TestStageAtMidnightSharp(t *testing.T) {
	expect(t, told(t, row("AA0102 31056 15696776 2 PS 990215 23:59:54 23:59:54 0 0:00:00 0:00:27 27 AGENT 0:00:26 0:01:33 67 AVNI")),
		"0215 23:59:54 self_service",
		"0216 00:00:00 queued",
		"0216 00:00:26 answered wait=27000",
		"0216 00:01:33 ended talk=67000",
		"0216 00:01:33 disposition PS queued answered wait=27000 talk=67000")
	expect(t, told(t, row("AA0201 36998 0 0 PS 990316 23:50:17 23:50:26 9 0:00:00 0:00:00 0 AGENT 23:50:26 0:00:00 574 ZOHARI")),
		"0316 23:50:17 self_service menu=9000",
		"0316 23:50:26 answered",
		"0317 00:00:00 ended talk=574000",
		"0317 00:00:00 disposition PS menu=9000 answered talk=574000")
}

// A time minutes before the entry is true: only hours before it mean the next day.
func TestMenuLeftBeforeItWasEntered(t *testing.T) {
	expect(t, told(t, row("AA0109 28810 317627883 1 PS 990118 16:28:45 16:27:26 -79 16:27:26 16:28:51 85 HANG 0:00:00 0:00:00 0 NO_SERVER")),
		"0118 16:27:26 self_service",
		"0118 16:27:26 queued",
		"0118 16:28:51 abandoned wait=85000",
		"0118 16:28:51 disposition PS queued abandoned wait=85000")
}

func TestServiceStartsBeforeTheMenuEnds(t *testing.T) {
	expect(t, told(t, row("AA0101 33119 0 0 PS 990101 7:41:16 7:41:26 10 0:00:00 0:00:00 0 AGENT 7:41:25 7:44:53 208 BASCH")),
		"0101 07:41:16 self_service menu=10000",
		"0101 07:41:25 answered",
		"0101 07:44:53 ended talk=208000",
		"0101 07:44:53 disposition PS menu=10000 answered talk=208000")
}

func TestAnsweredWithoutServiceTimes(t *testing.T) {
	expect(t, told(t, row("AA0102 28607 11766342 1 PS 990104 13:01:45 13:01:51 6 13:01:51 13:04:08 137 AGENT 0:00:00 0:00:00 0 IDIT")),
		"0104 13:01:45 self_service menu=6000",
		"0104 13:01:51 queued",
		"0104 13:04:08 answered wait=137000",
		"0104 13:04:08 ended",
		"0104 13:04:08 disposition PS menu=6000 queued answered wait=137000")
}

// Clocks in Israel went forward on 2 April 1999.
func TestLocalTimeFollowsDaylightSaving(t *testing.T) {
	var at []schemas.Millis
	drain(t, []string{fileOf(t,
		row("AA0102 1 0 0 PS 990402 1:00:00 1:00:05 5 0:00:00 0:00:00 0 HANG 0:00:00 0:00:00 0 NO_SERVER"),
		row("AA0102 2 0 0 PS 990402 4:00:00 4:00:05 5 0:00:00 0:00:00 0 HANG 0:00:00 0:00:00 0 NO_SERVER"),
	)}, sources.Options{}, func(r sources.Record) { at = append(at, r.Touchpoint.OccurredAt) })
	if got := at[2].Sub(at[0]).Hours(); got != 2 {
		t.Errorf("from 1:00 to 4:00 %v hours, want 2", got)
	}
}

func TestUnknownCustomerIsOnePersonPerCall(t *testing.T) {
	var who []schemas.Identifier
	var keys []string
	drain(t, []string{fileOf(t,
		row("AA0101 7 0 0 PS 990101 0:34:12 0:34:23 11 0:00:00 0:00:00 0 HANG 0:00:00 0:00:00 0 NO_SERVER"),
		row("AA0102 7 0 0 PS 990101 0:34:12 0:34:23 11 0:00:00 0:00:00 0 HANG 0:00:00 0:00:00 0 NO_SERVER"),
		row("AA0103 7 555 0 PS 990101 0:34:12 0:34:23 11 0:00:00 0:00:00 0 HANG 0:00:00 0:00:00 0 NO_SERVER"),
	)}, sources.Options{Order: sources.OrderFile}, func(r sources.Record) {
		if r.Touchpoint.Body.Call.Event == schemas.CallEventDisposition {
			who = append(who, r.Touchpoint.Clone().Identifiers...)
			keys = append(keys, r.Touchpoint.EventID)
		}
	})
	want := []schemas.Identifier{{Kind: schemas.IdentifierKindContact, Value: "AA0101.7"}, {Kind: schemas.IdentifierKindContact, Value: "AA0102.7"}, {Kind: schemas.IdentifierKindMember, Value: "555"}}
	for i := range want {
		if i >= len(who) || who[i] != want[i] {
			t.Fatalf("call %d: another identifier than expected", i)
		}
	}
	if keys[0] != "technion-bank/AA0101.7.disposition" || keys[0] == keys[1] {
		t.Errorf("event ids %q", keys)
	}
}

func TestEventOrderAcrossRows(t *testing.T) {
	file := fileOf(t,
		row("AA0101 1 0 0 PS 990101 9:00:00 9:00:05 5 0:00:00 0:00:00 0 HANG 0:00:00 0:00:00 0 NO_SERVER"),
		row("AA0102 2 0 0 NE 990101 8:00:00 9:00:02 5 0:00:00 0:00:00 0 HANG 0:00:00 0:00:00 0 NO_SERVER"))
	expect(t, toldBy(t, file, sources.OrderEvent),
		"0101 08:00:00 self_service menu=5000",
		"0101 09:00:00 self_service menu=5000",
		"0101 09:00:02 disposition NE menu=5000",
		"0101 09:00:05 disposition PS menu=5000")
}

func TestGzipIsRecognisedByItsBytes(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	fmt.Fprintf(z, "%s\n%s\n", header, row("AA0101 33117 0 0 PS 990101 0:34:12 0:34:23 11 0:00:00 0:00:00 0 HANG 0:00:00 0:00:00 0 NO_SERVER"))
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "log.txt")
	if err := os.WriteFile(name, packed.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := toldBy(t, name, sources.OrderEvent); len(got) != 2 {
		t.Errorf("%d touchpoints, want 2", len(got))
	}
}

func TestBadRowsAreNamedByLineAndColumn(t *testing.T) {
	_, err := Open([]string{fileOf(t,
		row("AA0101 1 424242 0 PS 990101 9:00:00 9:00:05 5 0:00:00 0:00:00 0 HANG 0:00:00 0:00:00 0 NO_SERVER"),
		row("AA0101 2 424242 0 PS 990101 9:00:00 9:61:05 5 0:00:00 0:00:00 x HANGED 0:00:00 0:00:00 0 NO_SERVER"),
		row("AA0101 3 424242"),
	)}, sources.Options{})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"2 rows cannot be read", "line 3: column q_time", "column outcome: must be AGENT", "column vru_exit: must be a time", "line 4: 3 columns"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error does not say %q:\n%v", want, err)
		}
	}
	if strings.Contains(err.Error(), "424242") || strings.Contains(err.Error(), "9:61") {
		t.Errorf("error holds a value of the row:\n%v", err)
	}
}

func TestWhatIsNoBankLogIsRefused(t *testing.T) {
	name := filepath.Join(t.TempDir(), "x")
	if err := os.WriteFile(name, []byte("{}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for what, open := range map[string]func() (sources.Reader, error){
		"header":  func() (sources.Reader, error) { return Open([]string{name}, sources.Options{}) },
		"order":   func() (sources.Reader, error) { return Open([]string{name}, sources.Options{Order: "random"}) },
		"no file": func() (sources.Reader, error) { return Open(nil, sources.Options{}) },
		"missing": func() (sources.Reader, error) { return Open([]string{name + "-not"}, sources.Options{}) },
	} {
		if _, err := open(); err == nil {
			t.Errorf("%s: no error", what)
		}
	}
}

// Whatever a line holds, it is read or refused; what is read makes sense.
func FuzzBankRow(f *testing.F) {
	f.Add([]byte(row("AA0101 33118 27997683 2 PS 990101 6:55:20 6:55:26 6 6:55:26 6:55:43 17 AGENT 6:55:43 6:56:37 54 MICHAL")))
	f.Add([]byte(row("AA0102 31056 0 2 PS 990215 23:59:54 23:59:54 0 0:00:00 0:00:27 27 HANG 0:00:26 0:01:33 67 NO_SERVER")))
	f.Add([]byte("a\tb"))
	p, err := newParser()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		r, err := p.row(line)
		if err != nil {
			return
		}
		if r.line == "" || r.call == "" || r.reason == "" || r.known == 0 {
			t.Fatalf("accepted without a line, call, reason or time")
		}
		for s := stepMenu; s <= stepDisposition; s++ {
			if at, happened := r.at(s); happened && (at > r.known || r.known-at > 49*3600*1000) {
				t.Fatalf("step %d at %v, outcome at %v", s, at, r.known)
			}
		}
	})
}
