package evaluate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"text/tabwriter"
	"time"

	attune "github.com/attune-health/attune"
	"github.com/attune-health/attune/internal/exit"
	"github.com/attune-health/attune/internal/traffic"
	"github.com/attune-health/attune/operators/predict"
	"github.com/attune-health/attune/operators/predict/softmax"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
	"github.com/attune-health/attune/sources"
)

// Named is a family of models under the name that it is reported by.
type Named struct {
	Name   string
	Family predict.Family
}

// Evaluation is what the command is asked to do.
type Evaluation struct {
	Recording traffic.Recording
	Files     []string
	// Taxonomy is a name or a file. Default: that of the format.
	Taxonomy string
	// ScoreFrom is the day from which contacts are scored (2006-01-02, in the taxonomy's zone); before it they
	// are only learned. Default: all are scored.
	ScoreFrom string
	// Models are names of families, the first the one that the report is about. Default: the default one.
	Models []string
	// Truth is a file of what was attainable, as attune simulate --truth writes it; or empty. Scored are then the
	// contacts of which it has the posterior, also first ones.
	Truth string
	JSON  bool
	// Source, where not nil, is read instead of Files, in order of arrival; Known is then the truth about it, or nil.
	Source sources.Reader
	Known  *Truth
	// MomentsIn is in how many moments one is learned from. Default: as at a site.
	MomentsIn int
	// Learned, where not nil, is called with each example that the first model learns from.
	Learned func(x *schemas.TrainingExample)
	// Wrote, where not nil, is called with each prediction and contact fact of the first model, as a site writes
	// them. The record is the task's and gone after the call.
	Wrote func(o *pipeline.OutRecord)
	// Report is a folder for the report in HTML, or empty.
	Report string
	// Told hears of progress; may be nil.
	Told io.Writer
}

// Result is what was found.
type Result struct {
	// Events are the records of the log, Scored the contacts that are scored.
	Events int `json:"events"`
	Scored int `json:"scored"`
	// Model is the first of Models.
	Model  *Figures            `json:"model"`
	Models map[string]*Figures `json:"models"`
	Floors map[string]*Figures `json:"floors"`
	// Attainable is what the best prediction would have had, where the log comes with that truth.
	Attainable *Figures            `json:"attainable,omitempty"`
	Cohorts    map[string]*Figures `json:"cohorts"`
	// First are contacts of persons of whom none was known before; they are not among the scored.
	First *Figures `json:"first_contacts"`

	names []string
	codes []string
}

// commitEvery is how many records lie between two commits.
const commitEvery = 2000

// hidden is the smallest cohort that is reported: fewer people might be recognised.
const hidden = 11

// Run evaluates and writes what it found to out.
func (e *Evaluation) Run(ctx context.Context, out io.Writer) error {
	r, err := e.Evaluate(ctx)
	if err != nil {
		return err
	}
	if e.Report != "" {
		if err := r.report(e.Report); err != nil {
			return err
		}
	}
	if e.JSON {
		j := json.NewEncoder(out)
		j.SetIndent("", "  ")
		return j.Encode(r)
	}
	return r.print(out)
}

// Evaluate lets the models see the log.
func (e *Evaluation) Evaluate(ctx context.Context) (*Result, error) {
	taxonomy, from, err := e.settings()
	if err != nil {
		return nil, err
	}
	models, err := e.models()
	if err != nil {
		return nil, err
	}
	s, err := newSite(attune.Config{Taxonomy: taxonomy, Predict: predict.Config{MomentsIn: e.MomentsIn}}, models)
	if err != nil {
		return nil, exit.Usage(err)
	}
	truth, err := e.truth(len(taxonomy.Reasons))
	if err != nil {
		return nil, err
	}
	for _, a := range s.arms {
		a.scores = newScores(taxonomy, from)
		a.scores.truth = truth
	}
	s.arms[0].learned, s.arms[0].wrote = e.Learned, e.Wrote
	events, err := e.read(ctx, s)
	if err != nil {
		return nil, err
	}
	return s.result(events, taxonomy), nil
}

// truth reads the truth file, where there is one.
func (e *Evaluation) truth(reasons int) (*Truth, error) {
	if e.Truth == "" {
		return e.Known, nil
	}
	if sources.Order(e.Recording.Order) != sources.OrderFile {
		return nil, exit.Usage(errors.New("--truth: needs --order file: sorted by event time, facts come before anyone could know them"))
	}
	t, err := ReadTruth(e.Truth, reasons)
	if err != nil {
		return nil, exit.Usage(fmt.Errorf("--truth: %w", err))
	}
	return t, nil
}

// settings are the taxonomy, and the time from which contacts are scored.
func (e *Evaluation) settings() (*schemas.Taxonomy, schemas.Millis, error) {
	name := e.Taxonomy
	if name == "" {
		name = "health"
		if e.Recording.Format == "technion-bank" {
			name = "bank"
		}
	}
	t, err := schemas.LoadTaxonomy(name)
	if err != nil {
		return nil, 0, exit.Usage(err)
	}
	if e.ScoreFrom == "" {
		return t, 0, nil
	}
	zone, err := time.LoadLocation(t.Zone)
	if err != nil {
		return nil, 0, exit.Usage(fmt.Errorf("taxonomy %s: zone: %w", t.Version, err))
	}
	day, err := time.ParseInLocation(time.DateOnly, e.ScoreFrom, zone)
	if err != nil {
		return nil, 0, exit.Usage(errors.New("score-from: must be a day such as 1999-05-01"))
	}
	return t, schemas.MillisOf(day), nil
}

// FromNothing is the name of softmax without the weights that ship with the taxonomy, to see what they are worth.
const FromNothing = "softmax-from-nothing"

func (e *Evaluation) models() ([]Named, error) {
	names := e.Models
	if len(names) == 0 {
		names = attune.ModelNames[:1]
	}
	var list []Named
	for _, name := range names {
		f, err := attune.ModelFamily(name)
		if name == FromNothing {
			f, err = softmax.Family{FromNothing: true}, nil
		}
		if err != nil {
			return nil, exit.Usage(err)
		}
		list = append(list, Named{name, f})
	}
	return list, nil
}

// read takes the whole log through the site.
func (e *Evaluation) read(ctx context.Context, s *site) (events int, err error) {
	reader := e.Source
	if reader == nil {
		if reader, err = e.Recording.Reader(e.Files); err != nil {
			return 0, err
		}
	}
	begun, told := time.Now(), time.Now()
	for {
		r, err := reader.Next()
		if err == io.EOF {
			break
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return 0, err
		}
		if err := s.takeRecord(&r); err != nil {
			return 0, fmt.Errorf("%s, line %d: %w", r.File, r.Line, err)
		}
		if events++; events%commitEvery != 0 {
			continue
		}
		if err := s.commit(); err != nil {
			return 0, err
		}
		if e.Told != nil && time.Since(told) > time.Second {
			told = time.Now()
			fmt.Fprintf(e.Told, "\r%s  %d records, %.0f/s ", schemas.Millis(s.now).Time().Format(time.DateTime), events, float64(events)/time.Since(begun).Seconds())
		}
	}
	if e.Told != nil {
		fmt.Fprintln(e.Told)
	}
	return events, s.commit()
}

// result sums up what the arms have found.
func (s *site) result(events int, t *schemas.Taxonomy) *Result {
	r := &Result{Events: events, Models: map[string]*Figures{}, Floors: map[string]*Figures{}, Cohorts: map[string]*Figures{}}
	for _, x := range t.Reasons {
		r.codes = append(r.codes, x.Code)
	}
	for i, a := range s.arms {
		a.scores.end(schemas.Millis(s.now))
		f := a.scores.model.figures(r.codes)
		f.Horizons, f.Lead = horizonFigures(&a.scores.horizons), a.scores.lead.figures()
		r.Models[a.name] = f
		r.names = append(r.names, a.name)
		if i > 0 {
			continue
		}
		r.Model, r.Scored, r.First = f, f.N, a.scores.first.figures(r.codes)
		for k, name := range floorNames {
			r.Floors[name] = a.scores.floors[k].figures(r.codes)
		}
		if a.scores.truth != nil {
			r.Attainable = a.scores.attainable.figures(r.codes)
			r.Attainable.Horizons = horizonFigures(&a.scores.bestHorizons)
		}
		for name, c := range a.scores.cohorts {
			if c.n >= hidden {
				r.Cohorts[name] = c.figures(r.codes)
			}
		}
	}
	return r
}

func (l *leads) figures() *Lead {
	x := &Lead{Contacts: l.contacts, Attempted: l.attempted, Foreseen: l.foreseen}
	if len(l.minutes) > 0 {
		slices.Sort(l.minutes)
		x.Median = l.minutes[len(l.minutes)/2]
	}
	return x
}

// rows calls row for all that was scored, in the order in which it is told.
func (r *Result) rows(row func(name string, f *Figures)) {
	for _, name := range r.names {
		row(name, r.Models[name])
	}
	for _, name := range floorNames {
		row(name, r.Floors[name])
	}
	if r.Attainable != nil {
		row("attainable", r.Attainable)
	}
	for _, name := range sorted(r.Cohorts) {
		row(name, r.Cohorts[name])
	}
	row("first contacts", r.First)
}

// print writes a table.
func (r *Result) print(out io.Writer) error {
	fmt.Fprintf(out, "%d records, %d contacts scored: %s\n\n", r.Events, r.Scored, r.scored())
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, "\ttop-1\ttop-3\tmacro-F1\ton changes\tlog loss\tBrier\tECE\tAUC\t\n")
	row := func(name string, f *Figures) {
		fmt.Fprintf(w, "%s\t%.4f ±%.4f\t%.4f\t%.4f\t%.4f ±%.4f\t%.4f ±%.4f\t%.4f\t%.4f\t%.4f\t\n", name, f.Top1, f.Errors["top1"], f.Top3, f.MacroF1, f.OnChange, f.Errors["accuracy_on_change"], f.LogLoss, f.Errors["log_loss"], f.Brier, f.ECE, f.AUC)
	}
	r.rows(row)
	r.printStages(w)
	fmt.Fprint(w, "\n\tn\tF1\tAUC\t\t\t\t\t\t\n")
	for _, code := range r.codes {
		if x, ok := r.Model.Reasons[code]; ok {
			fmt.Fprintf(w, "%s\t%d\t%.3f\t%.3f\t\t\t\t\t\t\n", code, x.N, x.F1, x.AUC)
		}
	}
	r.printHorizons(w)
	return w.Flush()
}

// scored says which contacts are.
func (r *Result) scored() string {
	if r.Attainable != nil {
		return "of which the posterior is known"
	}
	return "of persons with an earlier contact of known reason"
}

// printHorizons writes how well it was told whether a contact comes.
func (r *Result) printHorizons(w io.Writer) {
	fmt.Fprint(w, "\ncontact within\tmoments\tbase\tAUC\tPR-AUC\tECE\t\t\t\t\n")
	for _, name := range horizonNames {
		row := func(label string, h Horizon) {
			fmt.Fprintf(w, "%s\t%d\t%.4f\t%.4f\t%.4f\t%.4f\t\t\t\t\n", label, h.N, h.Base, h.AUC, h.PRAUC, h.ECE)
		}
		row(name, r.Model.Horizons[name])
		if r.Attainable != nil {
			row("attainable", r.Attainable.Horizons[name])
		}
	}
	if l := r.Model.Lead; l != nil {
		fmt.Fprintf(w, "\n%d contacts, %d with a prediction in the day before, %d foreseen, a median of %.1f min before\n", l.Contacts, l.Attempted, l.Foreseen, l.Median)
	}
}

// printStages writes how the models and the posterior did while labels were few.
func (r *Result) printStages(w io.Writer) {
	if r.Attainable == nil {
		return
	}
	fmt.Fprint(w, "\nlabels before\tn\ttop-1\ttop-3\tlog loss\t\t\t\t\t\n")
	for i, best := range r.Attainable.Stages {
		for _, name := range append(slices.Clone(r.names), "attainable") {
			x := best
			if f := r.Models[name]; f != nil {
				x = f.Stages[i]
			}
			end := "more"
			if x.Before > 0 {
				end = strconv.Itoa(x.Before)
			}
			fmt.Fprintf(w, "%s, %s\t%d\t%.4f\t%.4f\t%.4f\t\t\t\t\t\n", end, name, x.N, x.Top1, x.Top3, x.LogLoss)
		}
	}
}

func sorted(m map[string]*Figures) []string {
	var names []string
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
