package decide

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/attune-health/attune/schemas"
)

func wording(t *testing.T, language string) *Wording {
	t.Helper()
	w, err := LoadWording(language)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// texts lists every text of a wording by its key, a text of a map by map and key.
func texts(w *Wording) map[string]string {
	all := map[string]string{}
	v := reflect.ValueOf(w).Elem()
	for i := range v.NumField() {
		name, f := v.Type().Field(i).Tag.Get("yaml"), v.Field(i)
		if f.Kind() != reflect.Map {
			continue
		}
		for _, k := range f.MapKeys() {
			switch x := f.MapIndex(k).Interface().(type) {
			case string:
				all[name+"."+k.String()] = x
			case Forms:
				all[name+"."+k.String()] = x.One + x.Two + x.Other
			case ReasonWords:
				all[name+"."+k.String()] = x.Form + x.Page + x.Topic + x.Wants
			}
		}
	}
	return all
}

func TestWordingsHaveTheSameTexts(t *testing.T) {
	en, es := texts(wording(t, "en")), texts(wording(t, "es"))
	for key := range en {
		if _, ok := es[key]; !ok {
			t.Errorf("%s: not in Spanish", key)
		}
	}
	for key, text := range es {
		if _, ok := en[key]; !ok {
			t.Errorf("%s: not in English", key)
		}
		if a, b := placeholders(text), placeholders(en[key]); !slices.Equal(a, b) {
			t.Errorf("%s: %v in Spanish, %v in English", key, a, b)
		}
	}
}

func placeholders(text string) []string {
	set := map[string]bool{}
	for _, after := range strings.Split(text, "{")[1:] {
		name, _, _ := strings.Cut(after, "}")
		set[name] = true
	}
	return slices.Sorted(maps.Keys(set))
}

// TestEverythingOfTheHealthCatalogueHasWords: nothing of this module's own falls back on English or codes.
func TestEverythingOfTheHealthCatalogueHasWords(t *testing.T) {
	taxonomy := schemas.DefaultTaxonomy()
	c, err := LoadCatalogue("health", taxonomy)
	if err != nil {
		t.Fatal(err)
	}
	for _, language := range []string{"en", "es"} {
		w := wording(t, language)
		need := func(what, name string, ok bool) {
			if !ok {
				t.Errorf("%s: %s %q has no words", language, what, name)
			}
		}
		for i := range taxonomy.Reasons {
			_, ok := w.Reasons[taxonomy.Reasons[i].Name]
			need("reason", taxonomy.Reasons[i].Name, ok)
		}
		for i := range c.Actions {
			_, ok := w.Actions[c.Actions[i].Name]
			need("action", c.Actions[i].Name, ok)
			for _, treatment := range c.Actions[i].Treatment {
				_, ok := w.Treatments[treatment]
				need("treatment", treatment, ok)
			}
		}
		for _, channel := range schemas.Channels() {
			_, ok := w.Where[channel.Name()]
			need("channel", channel.Name(), ok)
		}
		for service := range c.Services {
			_, ok := w.Services[service]
			need("service", service, ok)
		}
		for name := range w.Actions {
			name, variant, _ := strings.Cut(name, "/")
			need("catalogue: action", name, slices.ContainsFunc(c.Actions, func(a Action) bool { return a.Name == name }) || name == "person_now")
			_, service := c.Services[variant]
			channel := variant == "" || new(ActionChannel).UnmarshalText([]byte(variant)) == nil
			need("variant", variant, service || channel || variant == "failed" || variant == "again")
		}
	}
}

func TestDurationsAndPluralsInWords(t *testing.T) {
	for _, x := range []struct {
		d          time.Duration
		en, es     string
		enIn, esIn string
	}{
		{0, "just now", "hace un momento", "now", "ahora"},
		{44 * time.Second, "just now", "hace un momento", "now", "ahora"},
		{45 * time.Second, "a minute ago", "hace un minuto", "in a minute", "dentro de un minuto"},
		{89 * time.Second, "a minute ago", "hace un minuto", "in a minute", "dentro de un minuto"},
		{90 * time.Second, "two minutes ago", "hace dos minutos", "in two minutes", "dentro de dos minutos"},
		{11 * time.Minute, "11 minutes ago", "hace 11 minutos", "in 11 minutes", "dentro de 11 minutos"},
		{59*time.Minute + 40*time.Second, "an hour ago", "hace una hora", "in an hour", "dentro de una hora"},
		{89 * time.Minute, "an hour ago", "hace una hora", "in an hour", "dentro de una hora"},
		{2 * time.Hour, "two hours ago", "hace dos horas", "in two hours", "dentro de dos horas"},
		{23*time.Hour + 40*time.Minute, "a day ago", "hace un día", "in a day", "dentro de un día"},
		{72 * time.Hour, "three days ago", "hace tres días", "in three days", "dentro de tres días"},
	} {
		for language, want := range map[string][2]string{"en": {x.en, x.enIn}, "es": {x.es, x.esIn}} {
			w := newWords(wording(t, language), schemas.DefaultTaxonomy(), DefaultCatalogue(schemas.DefaultTaxonomy()))
			d := schemas.Millis(x.d.Milliseconds())
			got := [2]string{string(w.duration(nil, &w.ago, d)), string(w.duration(nil, &w.ahead, d))}
			if got != want {
				t.Errorf("%s of %v: got %q, want %q", language, x.d, got, want)
			}
		}
	}
	for n, want := range map[int]string{1: "once", 2: "twice", 3: "three times", 11: "11 times"} {
		w := newWords(wording(t, "en"), schemas.DefaultTaxonomy(), DefaultCatalogue(schemas.DefaultTaxonomy()))
		if got := string(w.slot(nil, slotTimes, &args{n: n})); got != want {
			t.Errorf("times of %d: got %q, want %q", n, got, want)
		}
	}
}

func TestWordingThatWouldLeaveAGapIsRefused(t *testing.T) {
	text, err := wordings.ReadFile("wording/en.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct{ name, old, new, want string }{
		{"unknown key", "language: en", "language: en\nlanguag: en", "languag"},
		{"no such text", `  unclear: "Reason unclear."`, "", "say.unclear: missing"},
		{"a text too many", `  unclear: "Reason unclear."`, "  unclear: x\n  unclaer: x", "more texts than there are messages"},
		{"placeholder", "Reason unclear.", "Reason {what} unclear.", "{what}: not a placeholder"},
		{"brace", "Reason unclear.", "Reason {unclear.", "{unclear.}: not a placeholder"},
		{"form", "times: {one: once", "times: {uno: once", `form "uno"`},
		{"channel", "  sms: by text message\n", "", "via.sms: missing"},
	} {
		changed := strings.Replace(string(text), x.old, x.new, 1)
		if changed == string(text) {
			t.Fatalf("%s: nothing to change", x.name)
		}
		if _, err := ParseWording([]byte(changed)); err == nil || !strings.Contains(err.Error(), x.want) {
			t.Errorf("%s: got %v, want %q in it", x.name, err, x.want)
		}
	}
}

// TestActionWithoutWordsIsSaidInTheCataloguesOwn: a site's own action needs no change of wording.
func TestActionWithoutWordsIsSaidInTheCataloguesOwn(t *testing.T) {
	taxonomy := schemas.DefaultTaxonomy()
	c, err := LoadCatalogue("health", taxonomy)
	if err != nil {
		t.Fatal(err)
	}
	c.Actions[1].Name, c.Actions[1].Words = "own_action", "walk over to {treatment}"
	w := newWords(wording(t, "en"), taxonomy, c)
	if got := string(w.sentence(nil, &w.do[1].common, &args{treatment: "pharmacy"}, true)); got != "Walk over to the pharmacy." {
		t.Errorf("got %q", got)
	}
}

// TestChannelIsBehindThenTheBriefSaysWhatMayBeMissing: what else is degraded is not for agents.
func TestChannelIsBehindThenTheBriefSaysWhatMayBeMissing(t *testing.T) {
	taxonomy := schemas.DefaultTaxonomy()
	for language, want := range map[string]string{"en": "Activity on the website may be missing.", "es": "Puede faltar actividad en el sitio web."} {
		d := &Step{taxonomy: taxonomy, briefing: briefing{words: newWords(wording(t, language), taxonomy, DefaultCatalogue(taxonomy))}}
		d.addLagging([]string{"no_model", "behind 40 s on web", "behind 40 s on nothing", "arm_mixed"})
		if got := string(d.appendLines(nil, d.lines)); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		d.lines = d.lines[:0]
		d.addLagging([]string{"behind 40 s on web", "behind 3 min on app"})
		if len(d.lines) != 1 || d.lines[0].say != sayLaggingAll {
			t.Errorf("two channels: %v", d.lines)
		}
	}
}

// TestMomentsAreToldInWordsThatStayTrue: an agent reads a brief minutes after it was written.
func TestMomentsAreToldInWordsThatStayTrue(t *testing.T) {
	for _, x := range []struct {
		when   when
		coming bool
		en, es string
	}{
		{when{ago: 3 * schemas.Minute, before: 20 * schemas.Second}, false, "just before the call", "justo antes de la llamada"},
		{when{ago: 9 * schemas.Minute, before: 2 * schemas.Minute}, false, "two minutes before the call", "dos minutos antes de la llamada"},
		{when{ago: 10, before: -1, hour: 13, minute: 7}, false, "at 1:07 pm", "a las 13:07"},
		{when{ago: 10, before: -1, hour: 1, minute: 30}, false, "at 1:30 am", "a la 1:30"},
		{when{ago: 10, before: -1, hour: 0, minute: 5}, false, "at 12:05 am", "a las 0:05"},
		{when{ago: 10, before: -1, hour: 12}, false, "at 12:00 pm", "a las 12:00"},
		{when{ago: 2 * schemas.Hour, before: schemas.Minute}, false, "two hours ago", "hace dos horas"},
		{when{ago: -40 * schemas.Minute, before: -1, hour: 17, minute: 40}, true, "at 5:40 pm", "a las 17:40"},
		{when{ago: -20 * schemas.Hour, before: -1, hour: 8}, true, "in 20 hours", "dentro de 20 horas"},
	} {
		for language, want := range map[string]string{"en": x.en, "es": x.es} {
			w := newWords(DefaultWording(language), schemas.DefaultTaxonomy(), DefaultCatalogue(schemas.DefaultTaxonomy()))
			got := w.past(nil, &x.when)
			if x.coming {
				got = w.coming(nil, &x.when)
			}
			if string(got) != want {
				t.Errorf("%+v: got %q, want %q", x.when, got, want)
			}
		}
	}
}
