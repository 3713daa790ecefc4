package clickhouse

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/attune-health/attune/schemas"
)

// cells are rows that add up, by the columns that name them.
type cells map[string][]float64

func (c cells) add(key string, values ...float64) {
	if c[key] == nil {
		c[key] = make([]float64, len(values))
	}
	for i, v := range values {
		c[key][i] += v
	}
}

// cellsOf reads a view: its keys, joined by a slash, and its figures.
func cellsOf(t *testing.T, c *Client, view, keys, figures string) cells {
	t.Helper()
	out := cells{}
	names := strings.Split(figures, ", ")
	for _, row := range rowsOf(t, c, "SELECT "+keys+", "+figures+" FROM {db}."+view) {
		var key []string
		for _, name := range strings.Split(keys, ", ") {
			if _, as, ok := strings.Cut(name, " AS "); ok {
				name = as
			}
			key = append(key, strings.TrimSuffix(fmt.Sprint(row[name]), "T00:00:00Z")) // of a Date
		}
		var values []float64
		for _, name := range names {
			values = append(values, row[name].(float64))
		}
		k := strings.Join(key, "/")
		if out[k] != nil {
			t.Errorf("%s has two rows for %s", view, k)
		}
		out[k] = values
	}
	return out
}

// wanted holds a view against what it should say, and every figure against never being anything but 0.
func wanted(t *testing.T, got, want cells, figures string) {
	t.Helper()
	sums := make([]float64, strings.Count(figures, ", ")+1)
	for _, values := range want {
		for i, v := range values {
			sums[i] += math.Abs(v)
		}
	}
	for i, name := range strings.Split(figures, ", ") {
		if sums[i] == 0 {
			t.Errorf("%s is 0 everywhere: a poor test", name)
		}
	}
	same(t, got, want)
}

func (w *world) day(at schemas.Millis) string { return at.Time().In(w.zone).Format(time.DateOnly) }

// hour is when the hour of the site began, told from its namesake.
func (w *world) hour(at schemas.Millis) string {
	in := at.Time().In(w.zone)
	past := time.Duration(in.Minute())*time.Minute + time.Duration(in.Second())*time.Second
	return fmt.Sprint(in.Add(-past).Unix())
}

// concluded are the contacts that have a disposition.
func (w *world) concluded() map[string]*contactFacts {
	all := w.contacts()
	maps.DeleteFunc(all, func(_ string, f *contactFacts) bool { return !f.disposed })
	return all
}

// newestStart is when the newest contact began.
func (w *world) newestStart() (newest schemas.Millis) {
	for _, f := range w.contacts() {
		newest = max(newest, f.start)
	}
	return newest
}

func (w *world) checkIndicators(t *testing.T, c *Client) {
	t.Run("service_levels", func(t *testing.T) { w.checkServiceLevels(t, c) })
	t.Run("resolution_rates", func(t *testing.T) { w.checkResolutionRates(t, c) })
	t.Run("containment", func(t *testing.T) { w.checkContainment(t, c) })
	t.Run("digital_first", func(t *testing.T) { w.checkDigitalFirst(t, c) })
	t.Run("channel_switches", func(t *testing.T) { w.checkSwitches(t, c) })
	t.Run("reason_mix", func(t *testing.T) { w.checkReasonMix(t, c) })
	t.Run("action_funnel", func(t *testing.T) { w.checkFunnel(t, c) })
	t.Run("suppressions", func(t *testing.T) { w.checkSuppressions(t, c) })
	t.Run("action_lift", func(t *testing.T) { w.checkLift(t, c) })
	t.Run("equity", func(t *testing.T) { w.checkEquity(t, c) })
	t.Run("data_by_hour", func(t *testing.T) { w.checkData(t, c) })
}

func (w *world) checkServiceLevels(t *testing.T, c *Client) {
	const figures = "offered, answered, abandoned, abandoned_short, answered_in_20, answered_in_30, answered_in_120, abandoned_after_20, abandoned_after_30, abandoned_after_120, wait_seconds, wait_answered_seconds, talk_seconds, last_resort, failed_steps, repeats"
	want, longest := cells{}, map[string]float64{}
	for _, f := range w.contacts() {
		if !f.queued {
			continue
		}
		hour := w.hour(f.start)
		wait := float64(f.wait) / 1000
		within := func(s float64) float64 { return is(f.answered && wait <= s) }
		after := func(s float64) float64 { return is(f.abandoned && wait > s) }
		key := hour + "/" + f.queue + "/" + f.reason
		longest[key] = max(longest[key], wait)
		want.add(key, 1, is(f.answered), is(f.abandoned), is(f.abandoned && wait < 10), within(20), within(30), within(120), after(20), after(30), after(120),
			wait, wait*is(f.answered), float64(f.talk)/1000*is(f.answered), is(len(f.steps) > 0), float64(len(f.steps)), is(f.repeat))
	}
	wanted(t, cellsOf(t, c, "service_levels", "toString(toUnixTimestamp(hour)) AS h, queue, reason", figures), want, figures)
	got := map[string]float64{}
	for key, v := range cellsOf(t, c, "service_levels", "toString(toUnixTimestamp(hour)) AS h, queue, reason", "longest_wait_seconds") {
		got[key] = v[0]
	}
	same(t, got, longest)
}

func (w *world) checkResolutionRates(t *testing.T, c *Client) {
	const figures = "contacts, repeats, judged_1, resolved_1, judged_7, resolved_7"
	want, all, newest := cells{}, w.concluded(), w.newestStart()
	for _, f := range all {
		values := []float64{1, is(f.repeat)}
		for _, days := range []schemas.Millis{1, 7} {
			again := false
			for _, o := range all {
				again = again || o.person == f.person && o.reason == f.reason && o.start > f.start && o.start < f.start+days*schemas.Day
			}
			judged := f.start <= newest-days*schemas.Day
			values = append(values, is(judged), is(judged && !again && !f.abandoned))
		}
		want.add(w.day(f.start)+"/"+f.reason, values...)
	}
	wanted(t, cellsOf(t, c, "resolution_rates", "day, reason", figures), want, figures)
	// The history is shorter than 30 days.
	same(t, count(t, c, "SELECT sum(judged_30 + resolved_30) FROM {db}.resolution_rates"), uint64(0))
}

func (w *world) checkContainment(t *testing.T, c *Client) {
	const figures = "sessions, contained, reached"
	want, contacts := cells{}, w.contacts()
	session := func(place, person, reason string, at schemas.Millis, agent, well bool) {
		for _, f := range contacts {
			other := reason != "" && f.reason != "" && reason != f.reason
			agent = agent || f.person == person && (f.queued || f.answered) && f.start >= at && f.start < at+schemas.Day && !other
		}
		want.add(w.day(at)+"/"+place+"/"+reason, 1, is(!agent), is(!agent && well))
	}
	for _, f := range contacts {
		session("voice_menu", f.person, f.reason, f.start, f.queued || f.answered, f.disposed)
	}
	for _, v := range w.touchpoints {
		b := &v.Payload.Touchpoint.Body
		if e := b.App.Event; b.Kind == schemas.TouchpointBodyApp && (e == schemas.AppEventChatbotFailed || e == schemas.AppEventChatbotResolved) {
			session("chatbot", w.owner(v), b.App.Reason, v.Payload.Touchpoint.OccurredAt, false, e == schemas.AppEventChatbotResolved)
		}
	}
	wanted(t, cellsOf(t, c, "containment", "day, place, reason", figures), want, figures)
}

// shownTo are the contacts of which an agent was shown an action.
func (w *world) shownTo() map[string]bool {
	out := map[string]bool{}
	for _, in := range w.inputs {
		for _, o := range w.outcomes {
			if o.DecisionID == in.Decision.DecisionID && o.Outcome != schemas.OutcomeDelivered && o.Outcome != schemas.OutcomeExpired {
				out[in.Decision.ContactRef.V] = true
			}
		}
	}
	return out
}

func (w *world) checkDigitalFirst(t *testing.T, c *Client) {
	const figures = "contacts, digital_15m, digital_2h, digital_24h, shown, last_resort, failed_steps"
	want, shown := cells{}, w.shownTo()
	for id, f := range w.concluded() {
		since := schemas.Millis(math.MaxInt64)
		for _, v := range w.touchpoints {
			tp := &v.Payload.Touchpoint
			digital := tp.Channel == schemas.ChannelWeb || tp.Channel == schemas.ChannelApp
			if digital && tp.Body.Web.Reason+tp.Body.App.Reason == f.reason && w.owner(v) == f.person && tp.OccurredAt <= f.start {
				since = min(since, f.start-tp.OccurredAt)
			}
		}
		within := func(d time.Duration) bool { return since <= schemas.Millis(d.Milliseconds()) }
		want.add(w.day(f.start)+"/"+f.reason, 1, is(within(15*time.Minute)), is(within(2*time.Hour)), is(within(24*time.Hour)), is(within(24*time.Hour) && shown[id]),
			is(len(f.steps) > 0), float64(len(f.steps)))
	}
	wanted(t, cellsOf(t, c, "digital_first", "day, reason", figures), want, figures)
}

func (w *world) checkSwitches(t *testing.T, c *Client) {
	const figures = "touchpoints, seconds"
	byPerson := map[string][]*schemas.Touchpoint{}
	for _, v := range w.touchpoints {
		if tp := &v.Payload.Touchpoint; tp.Channel != schemas.ChannelEhr {
			k := w.owner(v) + "/" + w.day(tp.OccurredAt)
			byPerson[k] = append(byPerson[k], tp)
		}
	}
	want := cells{}
	for _, list := range byPerson {
		slices.SortFunc(list, func(a, b *schemas.Touchpoint) int {
			return cmp.Or(cmp.Compare(a.OccurredAt, b.OccurredAt), cmp.Compare(a.Channel.String(), b.Channel.String()))
		})
		for i := range len(list) - 1 {
			a, b := list[i], list[i+1]
			want.add(w.day(a.OccurredAt)+"/"+a.Channel.String()+"/"+b.Channel.String(), 1, b.OccurredAt.Sub(a.OccurredAt).Seconds())
		}
	}
	wanted(t, cellsOf(t, c, "channel_switches", "day, from_channel, to_channel", figures), want, figures)
}

func (w *world) checkReasonMix(t *testing.T, c *Client) {
	const figures = "contacts, of_day, contacts_before, of_before, after_hours, js"
	type mix map[string]float64
	byDay, late := map[string]mix{}, cells{}
	for _, f := range w.concluded() {
		at := f.start.Time().In(w.zone)
		k := w.day(f.start)
		if byDay[k] == nil {
			byDay[k] = mix{}
		}
		byDay[k][f.reason]++
		weekend := at.Weekday() == time.Saturday || at.Weekday() == time.Sunday
		late.add(k+"/"+f.reason, is(weekend || at.Hour() < 8 || at.Hour() > 17))
	}
	want := cells{}
	for k, today := range byDay {
		date, _ := time.Parse(time.DateOnly, k) // made by day
		before, ofBefore, ofDay := mix{}, 0.0, 0.0
		for back := 1; back <= 28; back++ {
			for reason, n := range byDay[date.AddDate(0, 0, -back).Format(time.DateOnly)] {
				before[reason], ofBefore = before[reason]+n, ofBefore+n
			}
		}
		reasons := map[string]bool{}
		for _, m := range []mix{today, before} {
			for reason := range m {
				reasons[reason] = true
			}
		}
		for _, n := range today {
			ofDay += n
		}
		js := 0.0
		for reason := range reasons {
			p, q := today[reason]/ofDay, before[reason]/max(ofBefore, 1)
			for _, x := range []float64{p, q} {
				if x > 0 && ofBefore > 0 {
					js += x * math.Log2(2*x/(p+q)) / 2
				}
			}
		}
		for reason := range reasons {
			key := k + "/" + reason
			n := 0.0
			if late[key] != nil {
				n = late[key][0]
			}
			want.add(key, today[reason], ofDay, before[reason], ofBefore, n, js)
		}
	}
	wanted(t, cellsOf(t, c, "reason_mix", "day, reason", figures), want, figures)
}

func (w *world) checkFunnel(t *testing.T, c *Client) {
	const figures = "decided, delivered, held_out, shown, accepted, rejected, ignored, expired, overridden, explored"
	want := cells{}
	for _, in := range w.inputs {
		d := &in.Decision
		if d.Cancelled {
			continue
		}
		had := map[schemas.Outcome]bool{}
		for _, o := range w.outcomes {
			if o.DecisionID == d.DecisionID {
				had[o.Outcome] = true
			}
		}
		shown := had[schemas.OutcomeShown] || had[schemas.OutcomeAccepted] || had[schemas.OutcomeRejected] || had[schemas.OutcomeIgnored] || had[schemas.OutcomeOverridden]
		want.add(w.day(d.AsOf)+"/"+d.Action.ID+"/"+d.Action.Channel+"/"+d.PolicyVersion, 1, is(d.Delivered), is(d.Arm == "holdout"), is(shown), is(had[schemas.OutcomeAccepted]),
			is(had[schemas.OutcomeRejected]), is(had[schemas.OutcomeIgnored]), is(had[schemas.OutcomeExpired]), is(had[schemas.OutcomeOverridden]), is(d.Action.Propensity < 1))
	}
	wanted(t, cellsOf(t, c, "action_funnel", "day, action, channel, policy_version", figures), want, figures)
}

func (w *world) checkSuppressions(t *testing.T, c *Client) {
	want := cells{}
	for _, in := range w.inputs {
		for _, r := range in.Decision.Receipt {
			want.add(w.day(in.Decision.AsOf)+"/"+r.Action+"/"+r.Stage.String()+"/"+r.Rule, 1)
		}
	}
	wanted(t, cellsOf(t, c, "suppressions", "day, action, stage, rule", "decisions"), want, "decisions")
}

func (w *world) checkLift(t *testing.T, c *Client) {
	var n, called [2]float64 // held out, treated
	contacts, newest := w.contacts(), w.newestStart()
	for _, in := range w.inputs {
		d := &in.Decision
		if d.Exposed == "" || d.AsOf > newest-7*schemas.Day {
			continue
		}
		arm := int(is(d.Arm == "treatment"))
		after := false
		for _, f := range contacts {
			after = after || f.person == d.PersonRef.Reveal() && f.start > d.AsOf && f.start <= d.AsOf+7*schemas.Day
		}
		n[arm], called[arm] = n[arm]+1, called[arm]+is(after)
	}
	const figures = "treated, treated_contacts, held_out, held_out_contacts, difference, low, high"
	p1, p0 := called[1]/n[1], called[0]/n[0]
	low1, high1 := wilson(called[1], n[1])
	low0, high0 := wilson(called[0], n[0])
	want := cells{"A01/pol-1": {n[1], called[1], n[0], called[0], p1 - p0, p1 - p0 - math.Hypot(p1-low1, high0-p0), p1 - p0 + math.Hypot(high1-p1, p0-low0)}}
	wanted(t, cellsOf(t, c, "action_lift", "action, policy_version", figures), want, figures)
}

// wilson is where |p - x/n| is 1.96 standard errors of p, found by halving.
func wilson(x, n float64) (low, high float64) {
	off := func(p float64) float64 { return math.Abs(x/n-p) - 1.959963984540054*math.Sqrt(p*(1-p)/n) }
	halve := func(in, out float64) float64 {
		for range 200 {
			if mid := (in + out) / 2; off(mid) > 0 {
				out = mid
			} else {
				in = mid
			}
		}
		return in
	}
	return halve(x/n, 0), halve(x/n, 1)
}

// TestIntervalOfLiftIsThatOfItsSource holds the recomputation itself against example (a) of Newcombe's table II.
func TestIntervalOfLiftIsThatOfItsSource(t *testing.T) {
	low1, high1 := wilson(56, 70)
	low0, high0 := wilson(48, 80)
	p1, p0 := 56.0/70, 48.0/80
	got := fmt.Sprintf("%.4f to %.4f", p1-p0-math.Hypot(p1-low1, high0-p0), p1-p0+math.Hypot(high1-p1, p0-low0))
	if got != "0.0524 to 0.3339" {
		t.Errorf("method 10 for 56/70 and 48/80 gives %s, want 0.0524 to 0.3339", got)
	}
}

func (w *world) checkEquity(t *testing.T, c *Client) {
	const figures = "contacts, queued, abandoned, wait_seconds, last_resort, judged, resolved, scored, top_1, confidence, likeliest_true, offered, accepted"
	all, newest, foreseen := cells{}, w.newestStart(), w.foresight()
	contacts := w.contacts()
	for id, f := range contacts {
		language, caller, digital := "not stated", "patient", "neither"
		for _, v := range w.touchpoints {
			tp := &v.Payload.Touchpoint
			if tp.ContactID.V == id && tp.Language.OK {
				language = tp.Language.V
			}
			if tp.ContactID.V == id && tp.Body.Call.Relation != "" {
				caller = "for the patient"
			}
			if (tp.Channel == schemas.ChannelWeb || tp.Channel == schemas.ChannelApp) && w.owner(v) == f.person {
				digital = "website or app"
			}
		}
		again := false
		for _, o := range contacts {
			again = again || o.disposed && o.person == f.person && o.reason == f.reason && o.start > f.start && o.start < f.start+7*schemas.Day
		}
		judged := f.disposed && f.start <= newest-7*schemas.Day
		offered, accepted := false, false
		for _, in := range w.inputs {
			d := &in.Decision
			if d.ContactRef.V != id || !d.Delivered || d.Cancelled {
				continue
			}
			offered = true
			for _, o := range w.outcomes {
				accepted = accepted || o.DecisionID == d.DecisionID && o.Outcome == schemas.OutcomeAccepted
			}
		}
		x, scored := foreseen[id]
		month := f.start.Time().In(w.zone).Format("2006-01-") + "01"
		for _, k := range []string{"language/" + language, "caller/" + caller, "digital/" + digital} {
			all.add(month+"/"+k, 1, is(f.queued), is(f.abandoned), float64(f.wait)/1000*is(f.queued), is(len(f.steps) > 0), is(judged), is(judged && !again && !f.abandoned),
				is(scored), x.hit, x.sure, x.likeliest, is(offered), is(offered && accepted))
		}
	}
	want, small, with := cells{}, 0, 0
	hidden := map[string]float64{}
	for _, k := range slices.SortedFunc(maps.Keys(all), func(a, b string) int { return cmp.Or(cmp.Compare(all[a][0], all[b][0]), cmp.Compare(a, b)) }) {
		group := k[:strings.LastIndexByte(k, '/')]
		switch n := all[k][0]; {
		case n < 11:
			small++
			hidden[group] += n
		case hidden[group] > 0 && hidden[group] < 11:
			with++
			hidden[group] += n
		default:
			want[k] = all[k]
		}
	}
	if small == 0 || with == 0 {
		t.Fatalf("%d cells are too small, %d left out with them: a poor test", small, with)
	}
	wanted(t, cellsOf(t, c, "equity", "month, attribute, value", figures), want, figures)
}

func (w *world) checkData(t *testing.T, c *Client) {
	const figures = "touchpoints, anonymous"
	want := cells{}
	for _, v := range w.touchpoints {
		hour := w.hour(v.Payload.Touchpoint.OccurredAt)
		want.add(hour+"/"+v.Payload.Touchpoint.Channel.String(), 1, is(v.Epoch == 0))
	}
	wanted(t, cellsOf(t, c, "data_by_hour", "toString(toUnixTimestamp(hour)) AS h, channel", figures), want, figures)
}
