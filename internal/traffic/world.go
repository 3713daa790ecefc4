package traffic

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/attune-health/attune/benchmarks/world"
	"github.com/attune-health/attune/internal/config"
	"github.com/attune-health/attune/internal/exit"
	"github.com/attune-health/attune/schemas"
)

// World says which patients of package world there are, besides what Simulation says.
type World struct {
	// Site selects the tables; 0 is the site that shipped weights are made at.
	Site int64
	// History is lived before the start, and sent at once.
	History time.Duration
	// Shocks are kind:after:for, such as surge-R11:96h:72h, outage:24h:24h or flu:48h:168h.
	Shocks []string
	// Truth, if not nil, gets the posterior of every moment, one JSON object a line. Of says of one patient in
	// how many, Moments of one moment outside calls in how many; of calls it is always that of the first touchpoint.
	Truth       io.Writer
	Of, Moments int
	// LateNews announces what is older than the history only when it begins to matter.
	LateNews bool
	// Judged, if not nil, gets the posterior of the first touchpoint of each call from the start on, before
	// that is sent.
	Judged func(*world.Moment)
}

// History is lived before the start where nothing else is said.
const History = 48 * time.Hour

// The kinds of worlds.
const (
	WorldEpisodes = "episodes"
	WorldCauses   = "causes"
)

// Simulate sends patients of a kind of world, and says at the end what was attainable. Where no kind is named it is
// the one that has what is asked for.
func (p *Production) Simulate(ctx context.Context, c *config.Config, s *Simulation, kind string, w World, truth string) error {
	causes := truth != "" || w.Site != 0 || w.History != 0 || len(w.Shocks) > 0
	switch {
	case kind == "" && causes:
		kind = WorldCauses
	case kind == "":
		kind = WorldEpisodes
	}
	switch {
	case kind != WorldEpisodes && kind != WorldCauses:
		return exit.Usage(fmt.Errorf("--world: %q is neither %s nor %s", kind, WorldEpisodes, WorldCauses))
	case kind == WorldEpisodes && causes:
		return exit.Usage(fmt.Errorf("--truth, --site, --history and --shock need --world %s", WorldCauses))
	case kind == WorldEpisodes:
		f, err := s.Feed()
		if err != nil {
			return err
		}
		return p.Run(ctx, c, f)
	}
	if truth != "" {
		file, err := os.Create(truth)
		if err != nil {
			return exit.Usage(fmt.Errorf("--truth: %w", err))
		}
		defer file.Close()
		w.Truth = file
	}
	f, err := s.Live(w)
	if err != nil {
		return err
	}
	if err := errors.Join(p.Run(ctx, c, f), f.flush()); err != nil {
		return err
	}
	fmt.Fprint(p.Told, f.Attainable())
	return nil
}

// Lived feeds from a world.
type Lived struct {
	generator  *world.Generator
	start      schemas.Millis
	history    time.Duration
	truth      *bufio.Writer
	judged     func(*world.Moment)
	attainable world.Attainable
	line       []byte
	// The first record after the start, where History has come to it.
	first *Item
}

// Live makes a world's feed.
func (s *Simulation) Live(w World) (*Lived, error) {
	start, duration, err := s.span()
	if err != nil {
		return nil, err
	}
	c := world.Config{Patients: s.Patients, Seed: s.Seed, Site: w.Site, Start: start, History: w.History, Duration: duration, Moments: w.Moments, LateNews: w.LateNews}
	for _, text := range w.Shocks {
		shock, err := shockOf(text)
		if err != nil {
			return nil, exit.Usage(fmt.Errorf("--shock %q: %w", text, err))
		}
		c.Shocks = append(c.Shocks, shock)
	}
	l := &Lived{start: schemas.Millis(start.UnixMilli()), history: cmp.Or(w.History, History), judged: w.Judged}
	switch {
	case w.Truth != nil:
		c.Posterior = max(1, w.Of)
		l.truth = bufio.NewWriterSize(w.Truth, 1<<16)
	case w.Judged != nil:
		c.Posterior, c.Moments, c.FromStart = 1, math.MaxInt, true
	}
	if l.generator, err = world.New(c); err != nil {
		return nil, exit.Usage(err)
	}
	return l, nil
}

// shockOf reads a shock as a flag says it.
func shockOf(text string) (s world.Shock, err error) {
	part := strings.Split(text, ":")
	if len(part) != 3 {
		return s, fmt.Errorf("want kind:after:for")
	}
	kind, reason, _ := strings.Cut(part[0], "-")
	switch kind {
	case "surge":
		s.Kind = world.ShockSurge
		if s.Reason, err = strconv.Atoi(strings.TrimPrefix(reason, "R")); err != nil {
			return s, fmt.Errorf("want surge- and a reason, such as surge-R11")
		}
		s.Reason--
	case "outage":
		s.Kind = world.ShockOutage
	case "flu":
		s.Kind = world.ShockFlu
	default:
		return s, fmt.Errorf("%q is not surge, outage or flu", kind)
	}
	if s.After, err = time.ParseDuration(part[1]); err != nil {
		return s, err
	}
	s.For, err = time.ParseDuration(part[2])
	return s, err
}

// Next implements Feed. What was lived before the start is due at once.
func (l *Lived) Next() (Item, error) {
	if i := l.first; i != nil {
		l.first = nil
		return *i, nil
	}
	i, err := l.next()
	i.At = max(i.At, l.start)
	return i, err
}

// Start is when the world begins to send in its own time, Begins when its history does.
func (l *Lived) Start() schemas.Millis { return l.start }

// Begins is when the history begins.
func (l *Lived) Begins() time.Time { return l.start.Time().Add(-l.history) }

// History is the part of the feed that was lived before the start.
func (l *Lived) History() Feed { return lived{l} }

type lived struct{ *Lived }

// Next implements Feed.
func (l lived) Next() (Item, error) {
	if l.first != nil {
		return Item{}, io.EOF
	}
	i, err := l.next()
	if err == nil && i.At >= l.start {
		l.first = &i
		return Item{}, io.EOF
	}
	return i, err
}

// next is the generator's next record, with what there is to say of its moment.
func (l *Lived) next() (Item, error) {
	e, ok := l.generator.Next()
	if !ok {
		return Item{}, io.EOF
	}
	if m := l.generator.Moment(); m != nil && e.Truth.Copy == 0 {
		if err := l.tell(m); err != nil {
			return Item{}, err
		}
	}
	return simulated(&e), nil
}

// tell says what the posterior of a moment is to who wants to know.
func (l *Lived) tell(m *world.Moment) error {
	if l.judged != nil && m.Reason >= 0 {
		l.judged(m)
	}
	if l.truth == nil {
		return nil
	}
	if m.At >= l.start {
		l.attainable.Add(m)
	}
	l.line = append(m.AppendJSON(l.line[:0]), '\n')
	if _, err := l.truth.Write(l.line); err != nil {
		return fmt.Errorf("write truth: %w", err)
	}
	return nil
}

// flush hands the rest of the truth to its file.
func (l *Lived) flush() error {
	if l.truth == nil {
		return nil
	}
	if err := l.truth.Flush(); err != nil {
		return fmt.Errorf("write truth: %w", err)
	}
	return nil
}

// Attainable is what the posterior scores so far, in words; empty without one. Contacts of the history are left out.
func (l *Lived) Attainable() string {
	if l.truth == nil {
		return ""
	}
	s := l.attainable.Scores()
	var b strings.Builder
	fmt.Fprintf(&b, "attainable at %d contacts: top-1 %.3f (commonest %.3f), top-3 %.3f, log loss %.3f, ECE %.3f\n", s.Contacts, s.Top1, s.Commonest, s.Top3, s.LogLoss, s.ECE)
	for _, h := range s.Within {
		if h.Moments > 0 {
			fmt.Fprintf(&b, "attainable within %s at %d moments: AUC %.3f, PR-AUC %.3f (base %.4f), ECE %.4f\n", h.Horizon, h.Moments, h.AUC, h.PRAUC, h.Base, h.ECE)
		}
	}
	return b.String()
}
