package schemas

import (
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"
)

func TestSettingsOfTimeAreWrittenAsTheyAreRead(t *testing.T) {
	type settings struct {
		Gap   Millis
		Since Moment
	}
	for text, want := range map[string]settings{
		"gap: 24h\nsince: 1990-01-01\n":                                  {24 * Hour, Moment(631152000000)},
		"gap: 1h30m\nsince: 2024-02-29T12:00:00.250Z\n":                  {90 * Minute, Moment(1709208000250)},
		"gap: 250ms\nsince: 1970-01-01\n":                                {250, 0},
		"gap: " + DurationText(-2*time.Minute) + "\nsince: 1969-12-31\n": {-2 * Minute, Moment(-Day)},
	} {
		var got settings
		if err := yaml.Unmarshal([]byte(text), &got); err != nil || got != want {
			t.Errorf("%q is read as %+v, %v", text, got, err)
		}
		again, err := yaml.Marshal(got)
		if strings.ReplaceAll(string(again), `"`, "") != text || err != nil {
			t.Errorf("%q is written as %q, %v", text, again, err)
		}
	}
}

func TestSettingsOfTimeNameEveryValueThatIsNone(t *testing.T) {
	var got struct {
		Gap, Fine, None Millis
		Since           Moment
	}
	err := yaml.Unmarshal([]byte("gap: soon\nfine: 1us\nnone: 7\nsince: 24h\n"), &got)
	if err == nil {
		t.Fatal("all are taken")
	}
	for _, want := range []string{`line 1: "soon" is not a length`, `line 2: "1us" is not whole milliseconds`, `line 3: "7" is not a length`, `line 4: "24h" is not a date`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v lacks %q", err, want)
		}
	}
}
