package patient

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/attune-health/attune/operators/decide"
	"github.com/attune-health/attune/operators/identify"
	"github.com/attune-health/attune/schemas"
	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "print what stories would say; nothing is written: a brief is right because somebody has read it")

// TestStories tells each story of testdata/stories to a PATIENT task, once with agents who speak English
// and once with agents who speak Spanish, and compares what they read.
func TestStories(t *testing.T) {
	files, err := filepath.Glob("testdata/stories/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txt")
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, language := range []string{"en", "es"} {
				tell(t, string(text), language)
			}
		})
	}
}

// story is one that is being told.
type story struct {
	t        *testing.T
	rig      *rig
	language string
	at       schemas.Millis // of the last step
	clock    schemas.Millis // the newest of them
	behind   string         // a channel whose records are late
	calls    int
	want     []string
}

// tell runs a story with agents of a language. Indented lines are steps, such as
// "5 minutes ago, website: the refill form fails", or what is to be read, such as "action: A01".
func tell(t *testing.T, text, language string) {
	wording, err := decide.LoadWording(language)
	if err != nil {
		t.Fatal(err)
	}
	s := &story{t: t, language: language, at: noon}
	s.rig = newRig(t, func(c *siteConfig) {
		c.Catalogue.Holdout.Share, c.Catalogue.Language, c.Brief.Wording = 0, language, wording
	})
	for _, l := range append(strings.Split(text, "\n"), "") {
		step, indented := strings.CutPrefix(l, "  ")
		what, said, _ := strings.Cut(step, ": ")
		switch {
		case !indented:
			s.compare()
		case what == "action" || strings.HasSuffix(what, "duties") || what == "English" || what == "Spanish" || what == "shown":
			s.expect(what, said)
		default:
			s.compare()
			s.step(step)
		}
	}
}

// expect keeps what is to be read, where it is in the language of the agents.
func (s *story) expect(what, said string) {
	if strings.HasPrefix(what, "English") && s.language != "en" || strings.HasPrefix(what, "Spanish") && s.language != "es" {
		return
	}
	if strings.HasSuffix(what, " duties") {
		what = "duties"
	}
	s.want = append(s.want, what+": "+said)
}

// compare compares the newest decision with what is to be read, as far as that is written.
func (s *story) compare() {
	s.t.Helper()
	if len(s.want) == 0 {
		return
	}
	got := s.read()
	if *update {
		s.t.Logf("\n  %s", strings.Join(got, "\n  "))
	}
	wanted := map[string]bool{}
	for _, w := range s.want {
		what, _, _ := strings.Cut(w, ":")
		wanted[what] = true
	}
	kept := got[:0]
	for _, g := range got {
		if what, _, _ := strings.Cut(g, ":"); wanted[what] {
			kept = append(kept, g)
		}
	}
	if diff := cmp.Diff(s.want, kept); diff != "" {
		s.t.Errorf("an agent who speaks %q (-right +read):\n%s", s.language, diff)
	}
	s.want = nil
}

// read is what the newest decision says.
func (s *story) read() []string {
	inputs := s.rig.inputs()
	if len(inputs) == 0 {
		return []string{"action: nothing decided"}
	}
	d := &inputs[len(inputs)-1].Decision
	action := strings.TrimSpace(d.Action.ID + " " + d.Action.Treatment)
	var duties []string
	for i := range d.Duties {
		duties = append(duties, strings.ReplaceAll(d.Duties[i].Code, "_", " "))
	}
	name := map[string]string{"en": "English", "es": "Spanish"}[s.language]
	got := []string{"action: " + action, "duties: " + strings.Join(duties, ", ")}
	if !d.Delivered {
		got = append(got, "shown: to nobody")
	}
	return append(got, name+": "+d.Brief.Reveal())
}

var storyStep = regexp.MustCompile(`^(?:(now)|(\d+) (second|minute|hour|day)s? (ago|later)), (website|app|phone|record|says): (.+)$`)

// step tells one. "ago" is before noon, "later" after the step before.
func (s *story) step(line string) {
	m := storyStep.FindStringSubmatch(line)
	if m == nil {
		s.t.Fatalf("%q: not a step", line)
	}
	n, _ := strconv.Atoi(m[2])
	d := schemas.Millis(n) * map[string]schemas.Millis{"second": schemas.Second, "minute": schemas.Minute, "hour": schemas.Hour, "day": schemas.Day}[m[3]]
	switch {
	case m[1] == "now":
		s.at = noon
	case m[4] == "ago":
		s.at = noon - d
	default:
		s.at += d
	}
	if s.clock == 0 {
		s.clock = s.at
	}
	for ; s.clock < s.at; s.clock = min(s.clock+schemas.Hour, s.at) {
		s.rig.passed(s.clock, s.behind) // as it does where others are heard of meanwhile
	}
	s.rig.passed(s.clock, s.behind)
	switch where, what := m[5], m[6]; where {
	case "website", "app":
		s.digital(where, what)
	case "phone":
		s.phone(what)
	case "record":
		s.record(what)
	default:
		s.says(what)
	}
}

// passed lets event time pass on all channels but one: timers up to then fire.
func (r *rig) passed(at schemas.Millis, but string) {
	r.tb.Helper()
	for _, c := range schemas.Channels() {
		if c.Name() != but {
			r.watermark(c.Name(), at, false)
		}
	}
}

// digitalSteps are what somebody does on the website or in the app: the event by name, the page, the reason.
var digitalSteps = map[string][3]string{
	"the refill form fails":       {"form_error", "refill/form", "R03"},
	"the booking form fails":      {"form_error", "booking/form", "R01"},
	"gives up the refill form":    {"form_abandon", "refill/form", "R03"},
	"searches for chest pain":     {"search", "symptoms/chest-pain", "R05"},
	"opens the stroke page":       {"page_view", "symptoms/stroke", "R05"},
	"reads the suicide page":      {"page_view", "symptoms/suicide", "R05"},
	"goes back after two seconds": {"quick_back", "home", ""},
	"searches for an emergency":   {"search", "symptoms/emergency", "R05"},
	"looks at test results":       {"screen_view", "results/list", "R04"},
	"looks at directions":         {"page_view", "directions", "R11"},
	"cannot sign in":              {"login_failed", "login", "R09"},
	"signs in":                    {"login", "login", ""},
	"opens the site in Spanish":   {"page_view", "home", ""},
	"sends a message":             {"message_sent", "inbox", "R06"},
	"leaves":                      {"exit", "home", ""},
}

func (s *story) digital(where, what string) {
	if what == "its records are late from now on" {
		s.behind = map[string]string{"website": "web", "app": "app"}[where]
		return
	}
	if step, found := strings.CutPrefix(what, "a stranger's phone without an id: "); found {
		if what = step; namesNobody(schemas.IdentifierKindDevice, "00000000-0000-0000-0000-000000000000") {
			return
		}
	}
	x, ok := digitalSteps[what]
	if !ok {
		s.t.Fatalf("%q: nobody knows what that is", what)
	}
	var tp schemas.Touchpoint
	if where == "app" {
		tp = appStep("", s.at, eventNamed[schemas.AppEvent](s.t, x[0]), x[1], x[2])
		tp.Body.App.Results = map[bool]int32{true: 12, false: -1}[x[0] == "search"]
		if x[0] == "message_sent" {
			tp.Body.App.MessageID = schemas.Some("thread-1")
		}
	} else {
		tp = webStep("", s.at, eventNamed[schemas.WebEvent](s.t, x[0]), x[1], x[2])
		tp.Body.Web.Results = map[bool]int32{true: 12, false: -1}[x[0] == "search"]
	}
	switch what {
	case "goes back after two seconds":
		tp.Body.Web.DwellMs, tp.OccurredAt = 2000, tp.OccurredAt+2*schemas.Second
	case "reads the suicide page":
		defer s.stayed(schemas.Minute)
	case "opens the site in Spanish":
		tp.Language = schemas.Some("es")
	}
	s.rig.touch(pat, tp)
}

// namesNobody says whether INGEST passes an identifier over. What names nobody has an empty form.
func namesNobody(kind schemas.IdentifierKind, value string) bool {
	c := testConfig().Identify
	c.SetDefaults()
	keys := identify.NewPseudonyms(&c)
	shard, _ := keys.Of(kind, value)
	none, _ := keys.Of(kind, "")
	return shard == none
}

// stayed lets time pass on a page: the next step says for how long it was read.
func (s *story) stayed(d schemas.Millis) {
	tp := webStep("", s.at+d, schemas.WebEventPageView, "home", "")
	tp.Body.Web.DwellMs = int32(d)
	s.rig.touch(pat, tp)
}

var topics = map[string]string{"appointments": "R02", "refills": "R03", "bills": "R07", "results": "R04", "a bill": "R07", "a refill": "R03"}

func (s *story) phone(what string) {
	event, who, reason := schemas.CallEventQueued, pat, ""
	what, menu, choosing := strings.Cut(what, " and chooses ")
	begins := strings.HasPrefix(what, "calls") || strings.Contains(what, "calls for")
	if begins {
		s.calls++
	}
	switch what {
	case "calls", "calls again", "waits in the queue", "a parent calls for the patient", "a neighbour calls for the patient", "calls from a phone that two patients share":
	case "calls from a withheld number":
		who = "nobody"
	case "an agent answers":
		event = schemas.CallEventAnswered
	case "hangs up in the queue":
		event = schemas.CallEventAbandoned
	case "ends":
		event = schemas.CallEventEnded
	default:
		if topic, ok := strings.CutPrefix(what, "the call was about "); ok {
			s.rig.touch(pat, disposition("", s.at, s.contact(), topics[topic]))
			return
		}
		if menu, choosing = strings.CutPrefix(what, "chooses "); !choosing {
			s.t.Fatalf("%q: nobody knows what that is", what)
		}
	}
	if choosing {
		event, reason = schemas.CallEventSelfService, topics[strings.TrimSuffix(menu, " in the menu")]
		if reason == "" {
			s.t.Fatalf("%q: no such choice in the menu", menu)
		}
	}
	tp := callStep(fmt.Sprintf("call/%d/%d", s.rig.n, s.at), s.at, event, s.contact())
	tp.Body.Call.Reason = reason
	switch what {
	case "a parent calls for the patient":
		tp.Body.Call.Relation, tp.Body.Call.MayKnow = "parent", "all"
	case "a neighbour calls for the patient":
		tp.Body.Call.Relation, tp.Body.Call.MayKnow = "neighbour", "none"
	}
	in := s.rig.identified(who)
	in.IdentityConflict = strings.HasSuffix(what, "two patients share")
	in.Payload.Kind, in.Payload.Touchpoint = schemas.IdentifiedPayloadTouchpoint, tp
	s.rig.n++
	s.rig.put(&in)
}

func (s *story) contact() string { return fmt.Sprintf("call-%d", s.calls) }

func (s *story) record(what string) {
	var tp schemas.Touchpoint
	switch what {
	case "a critical result":
		tp = ehrStep("", s.at, schemas.EhrEventResultFinal, "R04")
		tp.Body.Ehr.Status = "abnormal_critical"
	case "results are pending":
		tp = ehrStep("", s.at, schemas.EhrEventResultPending, "R04")
	case "a refill is due":
		tp = ehrStep("", s.at, schemas.EhrEventRefillDue, "R03")
	case "needs an interpreter":
		tp = coded(ehrStep("", s.at, schemas.EhrEventNeedRecorded, ""), "language-access")
	case "needs transport":
		tp = coded(ehrStep("", s.at, schemas.EhrEventNeedRecorded, ""), "transportation-insecurity")
	case "may act for a patient as a parent":
		tp = ehrStep("", s.at, schemas.EhrEventUnknown, "")
		tp.Body.Ehr.ActsAs = "parent"
	case "acts for nobody any more":
		tp = ehrStep("", s.at, schemas.EhrEventUnknown, "")
		tp.Body.Ehr.ActsAs = "none"
	case "has died":
		tp = ehrStep("", s.at, schemas.EhrEventDeceased, "")
	case "an appointment is booked for 20 hours from now":
		tp = ehrStep("", s.at, schemas.EhrEventAppointmentBooked, "R02")
		tp.Body.Ehr.DueAt = noon + 20*schemas.Hour
	case "an appointment is booked for 40 minutes from now":
		tp = ehrStep("", s.at, schemas.EhrEventAppointmentBooked, "R02")
		tp.Body.Ehr.DueAt = noon + 40*schemas.Minute
	default:
		s.t.Fatalf("%q: nobody knows what that is", what)
	}
	s.rig.touch(pat, tp)
}

func (s *story) says(what string) {
	c := schemas.Consent{OccurredAt: s.at, Channel: "all", Purpose: "all", Status: schemas.ConsentStatusUnknown,
		TimeZone: schemas.Some("America/New_York"), Adult: schemas.Some(true)}
	switch what {
	case "asks not to be contacted":
		c.Status = schemas.ConsentStatusDoNotContact
	case "opts out of all messages":
		c.Status = schemas.ConsentStatusDenied
	case "agrees to text messages":
		c.Channel, c.Status = "sms", schemas.ConsentStatusGranted
	case "prefers text messages and agrees to them":
		c.Status, c.PreferredChannel = schemas.ConsentStatusGranted, schemas.Some("sms")
	case "is under age":
		c.Adult = schemas.Some(false)
	default:
		s.t.Fatalf("%q: nobody knows what that is", what)
	}
	s.rig.consent(pat, c)
}

func coded(t schemas.Touchpoint, code string) schemas.Touchpoint {
	t.Body.Ehr.Code = schemas.Protected(code)
	return t
}
