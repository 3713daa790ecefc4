package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	ch "github.com/ClickHouse/clickhouse-go/v2"
)

const (
	// lookBack is how long before it is seen a row may have been stamped: an insert takes time, and clocks of replicas differ.
	lookBack = 5 * time.Minute
	// wholeEvery is when all days are computed whatever has changed: what changes says nothing of, such as the day that a contact
	// has left, is put right then.
	wholeEvery = 24 * time.Hour
	// deepShare is how many times as long as it takes to compute days of old is waited until that is done again.
	deepShare = 10
	// sliceDays is how many days are computed at a time: of years, the server would have to hold all.
	sliceDays = 92
	// maxRefresh bounds one slice.
	maxRefresh = time.Hour
)

// Refreshed tells of a roll-up that was computed.
type Refreshed struct {
	View string
	// From is the first day that was computed; empty for all.
	From string
	Took time.Duration
}

// rollupState is what table rollups says of one, in the server's time.
type rollupState struct {
	definition                             string
	now, begun, asOf, settled, whole, deep int64
	deepMillis                             uint64
}

// refresher computes roll-ups, one after another: it takes one connection, and no more than one thread of the server.
type refresher struct {
	client *Client
	every  time.Duration
	// share is deepShare; tests wait for nothing.
	share int64
	// list are those that are kept; of are the views' definitions.
	list []rollup
	of   map[string]string
}

// RefreshRollups computes the days of each roll-up that something has come for, where the last time is every ago or longer,
// whichever sink did it then; 0 does it now. One that fails does not keep the others from it. Several may run at a time: a day is
// replaced whole, by the newer computation.
func (c *Client) RefreshRollups(ctx context.Context, every time.Duration) error {
	of, err := definitions()
	if err != nil {
		return err
	}
	failed, err := (&refresher{client: c, every: every, share: deepShare, list: rollups(), of: of}).round(ctx)
	return errors.Join(append(failed, err)...)
}

// OldestRollup is how long ago the newest days of that roll-up were computed for which it is longest, by the server's clock, and its
// name; none is empty: the log in force has no roll-ups yet.
func (c *Client) OldestRollup(ctx context.Context) (name string, age time.Duration, err error) {
	var millis int64
	err = c.One(ctx, "SELECT argMin(toString(name), as_of), if(count() = 0, 0, dateDiff('millisecond', min(as_of), now64(3))) FROM {db}.rolled", &name, &millis)
	return name, time.Duration(millis) * time.Millisecond, err
}

// Ages of roll-ups from which on something is wrong.
const (
	staleAfter     = time.Hour
	unsettledAfter = 2 * wholeEvery
)

// StaleRollups says of each roll-up that is older than it should be how old it is, and how many there are in all. Where no
// sink has begun with them yet, there are none.
func (c *Client) StaleRollups(ctx context.Context) (stale []string, n int, err error) {
	err = c.Each(ctx, "SELECT name, dateDiff('second', as_of, now64(3)), dateDiff('second', settled_at, now64(3)) FROM {db}.rolled ORDER BY name", func(row Scanner) error {
		var name string
		var age, settled int64
		n++
		if err := row.Scan(&name, &age, &settled); err != nil {
			return err
		}
		took := func(seconds int64) time.Duration { return time.Duration(seconds) * time.Second }
		switch {
		case took(age) > staleAfter:
			stale = append(stale, fmt.Sprintf("the days of %s were computed %v ago (view rolled): boards show them as they were then", name, took(age)))
		case took(settled) > unsettledAfter:
			stale = append(stale, fmt.Sprintf("the days of %s that were corrected have not been computed for %v (view rolled): the latest ones are", name, took(settled)))
		}
		return nil
	})
	if err == nil && n > 0 && n < len(rollups()) {
		stale = append(stale, fmt.Sprintf("%d of %d roll-ups have never been computed for the log in force", len(rollups())-n, len(rollups())))
	}
	return stale, n, err
}

// found is what a round has looked up once for all roll-ups.
type found struct {
	// at is when, by the server's clock: what has come later may not be in it.
	at int64
	// changed and gone are of the funcs changed and expired.
	changed, gone map[string]string
	// insert and refresh are the settings of a small insert and of a computation.
	insert, refresh ch.Settings
}

// round computes what is due. failed are roll-ups that were told of already.
func (r *refresher) round(ctx context.Context) (failed []error, err error) {
	if ours, err := r.client.viewsAreOurs(ctx); err != nil || !ours {
		return nil, err
	}
	var f found
	since, due := int64(0), false
	for _, u := range r.list {
		s, err := r.state(ctx, &u)
		if err != nil {
			return nil, err
		}
		if f.at == 0 {
			f.at = s.now
		}
		if s.settled > 0 && (since == 0 || s.settled < since) {
			since = s.settled
		}
		due = due || r.due(s)
	}
	if !due {
		return nil, nil
	}
	if since > 0 {
		// An insert may take so long that its rows are seen later than they are stamped.
		before := max(lookBack, 2*r.client.cfg.InsertTimeout)
		if f.changed, err = r.changed(ctx, time.UnixMilli(since).Add(-before)); err != nil {
			return nil, fmt.Errorf("look for days that have changed: %w", err)
		}
	}
	if f.gone, err = r.expired(ctx); err != nil {
		return nil, fmt.Errorf("look for days that have expired: %w", err)
	}
	if f.insert, err = r.client.usableSettings(ctx); err != nil {
		return nil, err
	}
	if f.refresh, err = r.client.usable(ctx, refreshSettings()); err != nil {
		return nil, err
	}
	for _, u := range r.list {
		if err := r.refreshDue(ctx, &u, &f); ctx.Err() != nil {
			return failed, ctx.Err()
		} else if err != nil {
			err = fmt.Errorf("roll-up of %s: %w", u.view, err)
			r.client.cfg.Events.rollupFailed(u.view, err)
			failed = append(failed, err)
		}
	}
	return failed, nil
}

// refreshDue looks again: another sink may have done it since the round began.
func (r *refresher) refreshDue(ctx context.Context, u *rollup, f *found) error {
	s, err := r.state(ctx, u)
	if err != nil || !r.due(s) {
		return err
	}
	return r.refresh(ctx, u, s, f)
}

// due leaves a little for clocks and tickers.
func (r *refresher) due(s rollupState) bool {
	return s.begun == 0 || s.now-s.begun >= r.every.Milliseconds()*9/10
}

// viewsAreOurs says whether roll-ups can be computed from the views that are there: those of a newer attune are its own sinks'.
func (c *Client) viewsAreOurs(ctx context.Context) (bool, error) {
	all, err := views()
	if err != nil {
		return false, err
	}
	have, err := c.look(ctx)
	if err != nil {
		return false, err
	}
	differ, newer := c.differingViews(all, have)
	if newer || len(differ) == 0 {
		return !newer, nil
	}
	return false, fmt.Errorf("view %s.%s is missing, or of another version or other settings of attune: run attune sink once with schema apply", c.cfg.Database, c.cfg.TablePrefix+differ[0].name)
}

func (r *refresher) state(ctx context.Context, u *rollup) (s rollupState, err error) {
	const millis = "toUnixTimestamp64Milli"
	err = r.client.Each(ctx, "SELECT "+millis+"(now64(3)), definition, "+millis+"(begun_at), "+millis+"(as_of), "+millis+"(settled_at), "+millis+"(whole_at), "+millis+"(deep_at), deep_ms "+
		"FROM {db}.rollups FINAL WHERE name = '"+u.view+"' AND zone = '{tz}' AND log = "+currentLog, func(row Scanner) error {
		return row.Scan(&s.now, &s.definition, &s.begun, &s.asOf, &s.settled, &s.whole, &s.deep, &s.deepMillis)
	})
	if s.definition != r.definition(u) {
		// What was kept is of another definition, or of none.
		s = rollupState{definition: r.definition(u)}
		err = errors.Join(err, r.client.One(ctx, "SELECT "+millis+"(now64(3))", &s.now))
	}
	return s, err
}

// definition is of what the view says, and of how it is kept.
func (r *refresher) definition(u *rollup) string {
	return fingerprintOf(view{sql: r.of[u.view]}, view{sql: r.statement(u, allDays, "")})
}

// changes are, for each kind of fact, the earliest moment for which something has come since, as a query of one value; {since} is
// the moment. Rows have the time at which they arrived.
var changes = map[string]string{
	"touchpoints":   "SELECT min(occurred_at), count() FROM {db}.touchpoints WHERE inserted_at >= {since} AND log = " + currentLog,
	"predictions":   "SELECT min(as_of), count() FROM {db}.predictions WHERE inserted_at >= {since} AND log = " + currentLog,
	"actions":       "SELECT min(as_of), count() FROM {db}.actions WHERE inserted_at >= {since} AND log = " + currentLog,
	"contact_facts": "SELECT min(started_at), count() FROM {db}.contact_facts WHERE inserted_at >= {since} AND log = " + currentLog,
	// A link changes whose all the touchpoints of an identifier are.
	"shard_moves": "SELECT min(t.occurred_at), count() FROM {db}.touchpoints AS t WHERE t.log = " + currentLog + " AND t.shard IN (SELECT shard FROM {db}.shard_moves WHERE inserted_at >= {since} AND log = " + currentLog + ")",
	// An outcome changes what became of its decision, a decision what became of the one that it replaces.
	"decisions": "SELECT min(a.as_of), count() FROM {db}.actions AS a LEFT SEMI JOIN (SELECT decision_id FROM {db}.outcomes WHERE inserted_at >= {since} UNION ALL " +
		"SELECT supersedes AS decision_id FROM {db}.actions WHERE inserted_at >= {since} AND supersedes != '') AS o ON o.decision_id = a.decision_id WHERE a.log = " + currentLog,
}

// changed gives the first day for which something has come since, by the kind of fact; none is not there.
func (r *refresher) changed(ctx context.Context, since time.Time) (map[string]string, error) {
	out := map[string]string{}
	for fact, sql := range changes {
		sql = strings.ReplaceAll(sql, "{since}", fmt.Sprintf("fromUnixTimestamp64Milli(%d)", since.UnixMilli()))
		var day string
		var n uint64
		if err := r.client.One(ctx, "SELECT toString(toDate(x.1, '{tz}')), x.2 FROM (SELECT ("+sql+") AS x)", &day, &n); err != nil {
			return nil, err
		}
		if n > 0 {
			out[fact] = day
		}
	}
	return out, nil
}

// expired gives, by table, the first day of which all facts are still there and will be for another day, as the table's TTL says.
// One without a TTL is not there.
func (r *refresher) expired(ctx context.Context) (map[string]string, error) {
	have, err := r.client.look(ctx)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for table, at := range retained {
		o := have[table]
		_, rest, found := strings.Cut(o.engineFull, " TTL ")
		if !found {
			continue
		}
		ttl, _, _ := strings.Cut(rest, " SETTINGS ")
		var day string
		// The expression itself is asked of the first moment of each day: a site's own may be any.
		err := r.client.One(ctx, "SELECT toString(max(d) + 1) FROM (SELECT toDate('1970-01-02') + number AS d, toDateTime64(toDateTime(d, '{tz}'), 3, 'UTC') AS `"+at+"` "+
			"FROM numbers(toUInt64(dateDiff('day', toDate('1970-01-02'), today())) + 1)) WHERE ("+strings.TrimSuffix(ttl, " DELETE")+") <= now() + INTERVAL 1 DAY", &day)
		if err != nil {
			if ctx.Err() != nil {
				return nil, err
			}
			r.client.note("the TTL of %s.%s is none that tells a day: its roll-ups are computed from yesterday on only", r.client.cfg.Database, o.name)
			if err := r.client.One(ctx, "SELECT toString(toDate(now(), '{tz}') - 1)", &day); err != nil {
				return nil, err
			}
		}
		out[table] = day
	}
	return out, nil
}

// earliest is the earlier of two days, of which an empty one is none. As text, days are in their order.
func earliest(a, b string) string {
	if a == "" || b != "" && b < a {
		return b
	}
	return a
}

// shift is the day n days after. A day that is none stays so.
func shift(day string, n int) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return max(t.AddDate(0, 0, n).Format(time.DateOnly), allDays)
}

// allDays is a day before all others. The first of all would be a moment before any that ClickHouse can tell, east of Greenwich.
const allDays = "1970-01-02"

// plan is what to compute of one roll-up.
type plan struct {
	from string
	// settled: nothing that has come is left out. whole: no day is.
	settled, whole, deep bool
}

// plan says from which day on a roll-up is to be computed. None is the empty plan.
func (r *refresher) plan(ctx context.Context, u *rollup, s rollupState, changed map[string]string) (p plan, err error) {
	var today, newest string
	if err := r.client.One(ctx, "SELECT toString(toDate(now(), '{tz}')), toString(max(day)) FROM {db}."+rollupPrefix+u.view+" WHERE zone = '{tz}' AND log = "+currentLog, &today, &newest); err != nil {
		return p, err
	}
	recent := shift(today, -1-u.back)
	p = plan{from: allDays, settled: true, whole: true, deep: true}
	if s.settled == 0 {
		return p, nil
	}
	first := ""
	for _, fact := range u.facts {
		first = earliest(first, changed[fact])
	}
	if old := s.now-s.whole >= wholeEvery.Milliseconds(); !old && (!u.always || first == "") {
		p.whole = false
		if p.from = today; first != "" {
			// The newest day that is kept: figures of days before it may wait for one that comes after a gap.
			p.from = shift(earliest(first, newest), -u.back)
		}
		p.deep = p.from < recent
	}
	if p.deep && s.now-s.deep < r.share*int64(s.deepMillis) {
		if u.always {
			return plan{}, nil
		}
		return plan{from: recent}, nil
	}
	return p, nil
}

// refresh computes one roll-up, and notes how far it has come.
func (r *refresher) refresh(ctx context.Context, u *rollup, s rollupState, f *found) error {
	p, err := r.plan(ctx, u, s, f.changed)
	if err != nil || p.from == "" {
		return err
	}
	s.begun = s.now
	if err := r.remember(ctx, u, &s, f.insert); err != nil {
		return err
	}
	first, oldest, err := r.first(ctx, u, f.gone)
	if err != nil {
		return err
	}
	from := max(p.from, first)
	if u.by == "month" {
		from = from[:len("2006-01")] + "-01"
	}
	began := time.Now()
	for from, before := range slicesOf(from, oldest, day(s.now)) {
		if err := r.client.Exec(withSettings(ctx, f.refresh), r.statement(u, from, before)); err != nil {
			return err
		}
	}
	took := time.Since(began)
	s.asOf = f.at
	if p.settled {
		s.settled = f.at
	}
	if p.whole {
		s.whole = f.at
	}
	if p.deep {
		s.deep, s.deepMillis = s.now+took.Milliseconds(), uint64(took.Milliseconds())
	}
	if err := r.remember(ctx, u, &s, f.insert); err != nil {
		return err
	}
	r.client.cfg.Events.refreshed(Refreshed{View: u.view, From: from, Took: took})
	return nil
}

// first is the first day that may be computed: what rests on facts that have gone stays as it is. oldest is the day of the oldest fact.
func (r *refresher) first(ctx context.Context, u *rollup, gone map[string]string) (first, oldest string, err error) {
	first = allDays
	for _, fact := range u.facts {
		if day := gone[fact]; day != "" {
			first = max(first, shift(day, u.needs))
		}
	}
	// A site may also take out partitions. Where days are kept that are older than the oldest fact, it has, or they have expired:
	// that fact's own day may be half gone. Where there are no facts, the oldest is yet to come.
	var kept, there string
	at := retained[u.facts[0]]
	if err := r.client.One(ctx, "SELECT (SELECT toString(min(day)) FROM {db}."+rollupPrefix+u.view+" WHERE zone = '{tz}' AND notEmpty(`"+r.table(u).Columns[4].Name+"`) AND log = "+currentLog+"), "+
		"(SELECT toString(if(count() = 0, toDate(now(), '{tz}') + 1, toDate(min("+at+"), '{tz}'))) FROM {db}."+u.facts[0]+" WHERE log = "+currentLog+")", &kept, &there); err != nil {
		return "", "", err
	}
	if u.by == "month" {
		there = there[:len("2006-01")] + "-01"
	}
	if kept > allDays && kept < there {
		first = max(first, shift(there, 1+u.needs))
	}
	if u.by == "month" && first > allDays && first[len("2006-01-"):] != "01" {
		t, err := time.Parse(time.DateOnly, first[:len("2006-01")]+"-01")
		if err != nil {
			return "", "", err
		}
		first = t.AddDate(0, 1, 0).Format(time.DateOnly)
	}
	return first, there, nil
}

// day is that of a moment in UTC: near enough for what slices are cut by.
func day(millis int64) string { return time.UnixMilli(millis).UTC().Format(time.DateOnly) }

// slicesOf cuts the days from one on into slices at first days of months; the last has no end. There is nothing before the oldest
// fact but what is kept.
func slicesOf(from, oldest, today string) iter.Seq2[string, string] {
	return func(yield func(from, before string) bool) {
		for {
			before := shift(max(from, oldest), sliceDays)[:len("2006-01-")] + "01"
			if before >= today {
				yield(from, "")
				return
			}
			if !yield(from, before) {
				return
			}
			from = before
		}
	}
}

func (r *refresher) table(u *rollup) *tableSpec {
	t := u.table(r.of[u.view])
	return &t
}

// statement computes the days from one on, and before another if one is given: those that the view has, and those that are kept and which it no longer has, with no rows.
func (r *refresher) statement(u *rollup, from, before string) string {
	kept := u.kept(r.of[u.view])
	var into, grouped, shown, none []string
	for _, c := range kept {
		into = append(into, "`rows."+c.Name+"`")
		grouped = append(grouped, "groupArrayIf(x_"+c.Name+", there)")
		shown = append(shown, "v.`"+c.Name+"` AS x_"+c.Name)
		none = append(none, "defaultValueOfTypeName('"+strings.ReplaceAll(c.Type, "'", `\'`)+"') AS x_"+c.Name)
	}
	table := "{db}." + rollupPrefix + u.view
	return "INSERT INTO " + table + " (log, zone, day, as_of, " + strings.Join(into, ", ") + ")\n" +
		"SELECT " + currentLog + ", '{tz}', kept_day, now64(3), " + strings.Join(grouped, ", ") + "\nFROM\n(\n" +
		"    SELECT " + u.day() + " AS kept_day, true AS there, " + strings.Join(shown, ", ") + " FROM {db}." + u.view + " AS v WHERE " + u.within(from, before) + "\n" +
		"    UNION ALL\n" +
		"    SELECT DISTINCT d.day AS kept_day, false AS there, " + strings.Join(none, ", ") + " FROM " + table + " AS d WHERE d.zone = '{tz}' AND " + within("d.day", "toDate('%s')", from, before) + " AND d.log = " + currentLog + "\n" +
		")\nGROUP BY kept_day"
}

// remember writes how far a roll-up has come.
func (r *refresher) remember(ctx context.Context, u *rollup, s *rollupState, settings ch.Settings) error {
	at := func(millis int64) string { return fmt.Sprintf("fromUnixTimestamp64Milli(%d)", millis) }
	return r.client.Exec(withSettings(ctx, settings), fmt.Sprintf("INSERT INTO {db}.rollups (name, log, zone, definition, begun_at, as_of, settled_at, whole_at, deep_at, deep_ms) "+
		"SELECT '%s', %s, '{tz}', '%s', %s, %s, %s, %s, %s, %d", u.view, currentLog, s.definition, at(s.begun), at(s.asOf), at(s.settled), at(s.whole), at(s.deep), s.deepMillis))
}

// refreshSettings are those of an insert, with one thread: whoever reads and writes besides goes on.
func refreshSettings() ch.Settings {
	s := insertSettings()
	s["max_threads"], s["max_execution_time"] = 1, int(maxRefresh.Seconds())
	return s
}

// keepRollups refreshes roll-ups until the context ends. What fails is told of and tried again: no record waits for it.
func (c *Client) keepRollups(ctx context.Context, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	of, err := definitions()
	if err != nil {
		c.cfg.Events.rollupFailed("", err)
		return
	}
	r := &refresher{client: c, every: every, share: deepShare, list: rollups(), of: of}
	for {
		if _, err := r.round(ctx); err != nil && ctx.Err() == nil {
			c.cfg.Events.rollupFailed("", err)
		}
		if name, age, err := c.OldestRollup(ctx); err == nil && name != "" {
			c.cfg.Events.rollupAge(name, age)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
