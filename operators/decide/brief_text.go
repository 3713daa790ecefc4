package decide

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/attune-health/attune/operators/person"
	"github.com/attune-health/attune/schemas"
)

// slotSet is a set of placeholders, a bit each.
type slotSet uint32

// The placeholders of texts.
const (
	// slotN is a count: as a word where the wording has one, else in digits.
	slotN slotSet = 1 << iota
	// slotTimes is how often: once, twice, three times.
	slotTimes
	// slotOrdinal is the how-manieth: third.
	slotOrdinal
	// slotAgo is when something happened, in words that stay true while the brief waits to be read.
	slotAgo
	// slotAhead is when something will happen.
	slotAhead
	// slotSpan is how long something lasted.
	slotSpan
	// slotForm, slotPage, slotTopic and slotWants are four ways to say a reason (ReasonWords).
	slotForm
	slotPage
	slotTopic
	slotWants
	// slotWhere is the channel on which something happened.
	slotWhere
	// slotVia is the channel over which the action is carried out.
	slotVia
	// slotPercent is a probability, never 100.
	slotPercent
	// slotTreatment is the variant of the action, such as the queue.
	slotTreatment
	// slotLanguage is the patient's language.
	slotLanguage
	// slotPrefers is the channel that the patient prefers.
	slotPrefers
	// slotService is who helps with a red flag, and slotNumber how they are reached.
	slotService
	slotNumber
	// slotRelation is what the caller is to the patient, and slotMayKnow what they may be told.
	slotRelation
	slotMayKnow
	// slotFlag is the kind of red flag, and slotShowed what showed it.
	slotFlag
	slotShowed
	// slotWhat is another sentence, which the message "new" is put around.
	slotWhat
	// slotTime is a time of day.
	slotTime
)

var slotNames = [...]string{"n", "times", "ordinal", "ago", "ahead", "span", "form", "page", "topic", "wants", "where", "via",
	"percent", "treatment", "language", "prefers", "service", "number", "relation", "may_know", "flag", "showed", "what", "time"}

// actionSlots are those that texts of actions may use. An action tells nothing of the patient's history.
const actionSlots = slotVia | slotTreatment | slotService | slotNumber

// text is a text made ready: what stands in it and what is filled in, in turn.
// A text is never changed once it is made, and is shared by all tasks.
type text []part

// part is some words, followed by a placeholder or, at the end, by none.
// Parts are made once, so that writing a brief parses nothing.
type part struct {
	words string
	slot  slotSet
}

// compileText makes a text ready. It refuses placeholders that are not filled.
// It runs at the start, so that a misspelt placeholder stops a site's test and not an agent.
func compileText(s string, allowed slotSet) (text, error) {
	var t text
	for {
		words, rest, found := strings.Cut(s, "{")
		if !found {
			if strings.Contains(words, "}") {
				return nil, fmt.Errorf("%q: brace without its other", s)
			}
			return append(t, part{words: words}), nil
		}
		name, after, closed := strings.Cut(rest, "}")
		slot := slotNamed(name)
		if !closed || slot&allowed == 0 {
			return nil, fmt.Errorf("{%s}: not a placeholder of this text", name)
		}
		t = append(t, part{words, slot})
		s = after
	}
}

// slotNamed is the placeholder of a name; 0 where there is none.
func slotNamed(name string) slotSet {
	for i := range slotNames {
		if slotNames[i] == name {
			return 1 << i
		}
	}
	return 0
}

// forms is a text with its forms made ready.
type forms struct{ one, two, other text }

// compileForms makes a text of a wording that was validated ready.
func compileForms(f *Forms) forms {
	ready := func(s string) text {
		if s == "" {
			return nil
		}
		t, _ := compileText(s, ^slotSet(0)) // validated
		return t
	}
	return forms{ready(f.One), ready(f.Two), ready(f.Other)}
}

// of is the form for a number.
// A wording without a form for one or two, as of a language that has none, uses other.
func (f *forms) of(n int) text {
	switch {
	case n == 1 && f.one != nil:
		return f.one
	case n == 2 && f.two != nil:
		return f.two
	}
	return f.other
}

// spans is Durations made ready.
type spans struct {
	now                  string
	minutes, hours, days forms
}

// compileSpans makes the durations of a validated wording ready.
func compileSpans(d *Durations) spans {
	// now is a word and has no forms.
	return spans{d.Now, compileForms(&d.Minutes), compileForms(&d.Hours), compileForms(&d.Days)}
}

// words is a wording made ready for a taxonomy and a catalogue.
// It is made once at the start and only read after that, so that a brief costs appends alone.
type words struct {
	// Wording is what it was made from.
	*Wording
	// times are the forms of "twice".
	times forms
	// percent is how a probability is written.
	percent text
	// ago, span and ahead are the three ways to say a duration.
	ago, span, ahead spans
	// before is ago as of the beginning of the call, and at is the time of day.
	before spans
	at     forms
	// say has the sentences by message.
	say [messages]forms
	// reasons are in the order of the taxonomy, with one more at the end for no reason.
	reasons []ReasonWords
	// where is by schemas.Channel.
	where []string
	via   [actionChannels]string
	// do is by action, in the order of the catalogue.
	do []doWords
}

// doWords says what to do.
type doWords struct {
	common forms
	// channel has texts for channels on which the action is said otherwise.
	channel [actionChannels]forms
	// services are used during a contact, where the service has a number.
	services []serviceForms
	// failed is used after a failed digital step, and again for a repeated contact.
	failed, again forms
}

type serviceForms struct {
	service string
	forms
}

// newWords makes a wording ready. What the wording has no words for is said in those of the taxonomy and the
// catalogue, so that a site may add a reason or an action before anybody translates it.
func newWords(w *Wording, t *schemas.Taxonomy, c *Catalogue) *words {
	// A wording is validated when it is read, so that nothing here can fail.
	percent, _ := compileText(w.Percent, slotN) // validated
	out := &words{Wording: w, times: compileForms(&w.Times), percent: percent, ago: compileSpans(&w.Ago), span: compileSpans(&w.Span), ahead: compileSpans(&w.Ahead),
		before: spans{now: w.BeforeCall.Now, minutes: compileForms(&w.BeforeCall.Minutes)}, at: compileForms(&w.At)}
	for m := range messages {
		f := w.Say[messageSpecs[m].name]
		out.say[m] = compileForms(&f)
	}
	for _, r := range t.Reasons {
		// Reasons are found by name once, here. Sentences use their number.
		said, ok := w.Reasons[r.Name]
		if !ok {
			said = ReasonWords{Form: w.OtherReason.Form, Page: w.OtherReason.Page, Topic: r.Words, Wants: r.Words}
		}
		out.reasons = append(out.reasons, said)
	}
	// reasonOrNone counts on this place.
	out.reasons = append(out.reasons, w.OtherReason)
	out.where = make([]string, len(schemas.Channels())+1)
	for _, s := range schemas.Channels() {
		out.where[s.Channel] = orElse(w.Where, s.Name(), s.Occasion)
	}
	for i := range out.via {
		out.via[i] = w.Via[ActionChannel(i).String()]
	}
	for i := range c.Actions {
		out.do = append(out.do, w.doWords(&c.Actions[i]))
	}
	return out
}

// doWords makes ready what an action is in words: the wording's, or else the catalogue's.
func (w *Wording) doWords(a *Action) (do doWords) {
	ready := func(suffix string) forms {
		f := w.Actions[a.Name+suffix]
		return compileForms(&f)
	}
	// A form that the wording does not have is nil, and is passed over.
	do.common, do.failed, do.again = ready(""), ready("/failed"), ready("/again")
	// A suffix says where an action is said otherwise: "callback/sms".
	for c := ActionVoice; c < actionChannels; c++ {
		do.channel[c] = ready("/" + c.String())
	}
	// The order of a map does not matter here: services are found by name.
	for service := range w.Services {
		if f := ready("/" + service); f.other != nil {
			do.services = append(do.services, serviceForms{service, f})
		}
	}
	// An action that a site has added to its catalogue still says what to do.
	if _, said := w.Actions[a.Name]; !said {
		before, after, found := strings.Cut(a.Words, "{treatment}")
		do.common.other = text{{words: before}}
		if found {
			do.common.other = text{{before, slotTreatment}, {words: after}}
		}
		do.common.other[len(do.common.other)-1].words += "."
	}
	return do
}

// args is what fills the placeholders of a text.
// A text uses those that its placeholders name; the others stay zero.
type args struct {
	// n fills {n}, {times} and {ordinal}, and picks the form.
	n int
	// when fills {ago} and {ahead}.
	when when
	span schemas.Millis
	// reason fills {form}, {page}, {topic} and {wants}.
	reason    int
	where     schemas.Channel
	via       ActionChannel
	percent   float64
	treatment string
	// language is a tag of BCP 47.
	language string
	// prefers is the name of a channel in consents.
	prefers  string
	service  string
	number   string
	relation string
	mayKnow  string
	flag     string
	showed   string
}

// when is a moment as a brief tells it.
type when struct {
	// ago is how long before the decision it was; below 0 it is to come.
	ago schemas.Millis
	// before is how long before the call it was, below 0 where it was not, or where there is no call.
	before schemas.Millis
	// hour and minute are of the site's day.
	hour, minute int
}

// whenOf is a moment as of the decision.
func (d *Step) whenOf(j *person.Journey, at schemas.Millis) when {
	w := when{ago: d.now - at, before: -1}
	if d.Predict.E.InContact && at <= j.Contact.StartedAt {
		w.before = j.Contact.StartedAt - at
	}
	w.hour, w.minute, _ = time.UnixMilli(int64(at)).In(d.Predict.Zone).Clock()
	return w
}

// sentence appends a text, its first letter in upper or lower case.
// A text may begin with a placeholder, so that the letter is set after filling.
func (w *words) sentence(b []byte, f *forms, a *args, upper bool) []byte {
	from := len(b)
	return setFirst(w.fill(b, f.of(a.n), a), from, upper)
}

// fill appends a text with its placeholders filled.
func (w *words) fill(b []byte, t text, a *args) []byte {
	for i := range t {
		b = append(b, t[i].words...)
		b = w.slot(b, t[i].slot, a)
	}
	return b
}

// slot appends what fills one placeholder. It appends nothing for slot 0, which ends a text.
func (w *words) slot(b []byte, s slotSet, a *args) []byte {
	switch s {
	case slotN:
		return w.number(b, a.n)
	case slotTimes:
		return w.fill(b, w.times.of(a.n), a)
	case slotOrdinal:
		// A brief about more contacts than there are ordinals uses another message. The bound only keeps a
		// fault from ending the task.
		return append(b, w.Ordinals[min(a.n, len(w.Ordinals)-1)]...)
	case slotAgo:
		return w.past(b, &a.when)
	case slotAhead:
		return w.coming(b, &a.when)
	case slotTime:
		return w.clock(b, &a.when)
	case slotSpan:
		return w.duration(b, &w.span, a.span)
	case slotForm:
		return append(b, w.reasons[a.reason].Form...)
	case slotPage:
		return append(b, w.reasons[a.reason].Page...)
	case slotTopic:
		return append(b, w.reasons[a.reason].Topic...)
	case slotWants:
		return append(b, w.reasons[a.reason].Wants...)
	case slotWhere:
		return append(b, w.where[min(int(a.where), len(w.where)-1)]...)
	case slotVia:
		return append(b, w.via[a.via]...)
	case slotPercent:
		return w.fillPercent(b, a.percent)
	case slotTreatment:
		return append(b, orSame(w.Treatments, a.treatment)...)
	case slotLanguage:
		return append(b, w.language(a.language)...)
	case slotPrefers:
		return append(b, orElse(w.Prefers, a.prefers, w.OtherChannel)...)
	case slotService:
		return append(b, orSame(w.Services, a.service)...)
	case slotNumber:
		return append(b, a.number...)
	case slotRelation:
		return append(b, orElse(w.Relations, a.relation, w.OtherRelation)...)
	case slotMayKnow:
		return append(b, orElse(w.MayKnow, a.mayKnow, w.OtherMayKnow)...)
	case slotFlag:
		return append(b, orSame(w.Flags, a.flag)...)
	case slotShowed:
		return append(b, orSame(w.Showed, a.showed)...)
	}
	return b
}

// number writes a number as a word where there is one.
func (w *words) number(b []byte, n int) []byte {
	if n >= 0 && n < len(w.Numbers) {
		return append(b, w.Numbers[n]...)
	}
	return strconv.AppendInt(b, int64(n), 10)
}

// fillPercent never says that something is certain.
// Agents take 100 % for a promise, and stop asking.
func (w *words) fillPercent(b []byte, p float64) []byte {
	for i := range w.percent {
		b = append(b, w.percent[i].words...)
		if w.percent[i].slot == slotN {
			b = strconv.AppendInt(b, int64(min(99, int(p*100+0.5))), 10)
		}
	}
	return b
}

// plainAhead is how near a coming moment is for its time of day to be plain: nobody takes it for tomorrow's.
const plainAhead = 12 * schemas.Hour

// inMinutes is up to when a time span is said in minutes: from here on they would round to 60.
const inMinutes = 59*schemas.Minute + 30*schemas.Second

// past writes when something was. Minutes are counted from the beginning of the call, or are those of the
// clock: "two minutes ago" would be wrong by the time that an agent reads it. Hours and days stay true.
func (w *words) past(b []byte, x *when) []byte {
	switch {
	case x.ago >= inMinutes:
		return w.duration(b, &w.ago, x.ago)
	case x.before >= 0:
		return w.duration(b, &w.before, x.before)
	}
	return w.timeOfDay(b, x)
}

// coming writes when something will be.
func (w *words) coming(b []byte, x *when) []byte {
	if -x.ago >= plainAhead {
		return w.duration(b, &w.ahead, -x.ago)
	}
	return w.timeOfDay(b, x)
}

// timeOfDay is "at 2:14 pm". The form is that of the hour.
func (w *words) timeOfDay(b []byte, x *when) []byte {
	return w.fill(b, w.at.of(w.hour(x)), &args{when: *x})
}

// hour is the hour as the language counts them: to 12, or to 23.
func (w *words) hour(x *when) int {
	if w.TimeOfDay.PM == "" {
		return x.hour
	}
	return (x.hour+11)%12 + 1
}

// clock is "2:14 pm" or "14:14".
func (w *words) clock(b []byte, x *when) []byte {
	b = append(strconv.AppendInt(b, int64(w.hour(x)), 10), ':', byte('0'+x.minute/10), byte('0'+x.minute%10))
	half := w.TimeOfDay.AM
	if x.hour >= 12 {
		half = w.TimeOfDay.PM
	}
	if half == "" {
		return b
	}
	return append(append(b, ' '), half...)
}

// duration writes a time span in its largest unit, rounded.
// Two units would be more exact, and take longer to read than they are worth.
func (w *words) duration(b []byte, s *spans, d schemas.Millis) []byte {
	in := func(f *forms, unit schemas.Millis) []byte {
		// Half a unit more rounds to the nearest.
		n := int((d + unit/2) / unit)
		return w.fill(b, f.of(n), &args{n: n})
	}
	switch {
	case d < 45*schemas.Second:
		return append(b, s.now...)
	case d < inMinutes:
		return in(&s.minutes, schemas.Minute)
	case d < 23*schemas.Hour+30*schemas.Minute:
		return in(&s.hours, schemas.Hour)
	}
	return in(&s.days, schemas.Day)
}

// language names a language by its tag.
func (w *words) language(tag string) string {
	return orElse(w.Languages, baseLanguage(tag), w.OtherLanguage)
}

// baseLanguage is a tag without its region and script.
// es-MX and es-US are one language to an agent who has to find an interpreter.
func baseLanguage(tag string) string {
	if i := strings.IndexAny(tag, "-_"); i >= 0 {
		return tag[:i]
	}
	return tag
}

// orSame is the text of a name, or the name itself where the site has not written one.
func orSame(texts map[string]string, s string) string { return orElse(texts, s, s) }

// orElse is the text of a name, or other.
func orElse(texts map[string]string, s, other string) string {
	if said, ok := texts[s]; ok {
		return said
	}
	return other
}

// setFirst puts the first letter of what follows from in upper or lower case.
func setFirst(b []byte, from int, upper bool) []byte {
	r, size := utf8.DecodeRune(b[from:])
	set := unicode.ToUpper(r)
	if !upper {
		set = unicode.ToLower(r)
	}
	// A few letters take more bytes in the other case. They stay as they are, since the letter is set in
	// place.
	if size == 0 || utf8.RuneLen(set) != size {
		return b
	}
	utf8.EncodeRune(b[from:], set)
	return b
}
