package inspect

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	attune "github.com/attune-health/attune"
	"github.com/attune-health/attune/internal/config"
	"github.com/attune-health/attune/internal/connect"
	"github.com/attune-health/attune/internal/exit"
	"github.com/attune-health/attune/operators/evidence"
	"github.com/attune-health/attune/operators/predict"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/kafka"
	"github.com/attune-health/attune/schemas"
)

// Models are the versions of the model of reasons in the topic of models, and which of them is in force.
type Models struct {
	c       *config.Config
	cluster *kafka.Cluster
	family  predict.Family
	space   *evidence.FeatureSpace
	// Versions are those that are still there, oldest first.
	Versions []schemas.Model
	// Latest is the version that the trainer put in force last, Pinned the one that is held in force instead;
	// each empty for none.
	Latest, Pinned string
	pin            schemas.Model
	// Drift is what the trainer has seen drift last.
	Drift schemas.Model
	// Windows say how champion and challenger did, by number of the window.
	Windows map[int]schemas.Model
}

// ReadModels reads the topic.
func ReadModels(ctx context.Context, c *config.Config, cluster *kafka.Cluster) (*Models, error) {
	m := &Models{c: c, cluster: cluster}
	t, err := schemas.LoadTaxonomy(c.Run.Taxonomy)
	if err == nil {
		m.family, err = attune.ModelFamily(c.Run.Model)
	}
	if err == nil {
		m.space, err = m.family.Space(t)
	}
	if err != nil {
		return nil, exit.Usage(err)
	}
	spans, err := cluster.Spans(ctx, m.topic())
	if err != nil {
		return nil, exit.Unavailable(err)
	}
	return m, cluster.Scan(ctx, spans, m.take)
}

func (m *Models) topic() string { return m.c.Own(schemas.TopicModels) }

// driftName tells the record of drift from those of versions.
const driftName = "/drift"

// take takes a record of the topic.
func (m *Models) take(r *pipeline.Record) error {
	name, ok := strings.CutPrefix(string(r.Key), predict.ModelName+"/")
	if string(r.Key) == predict.DriftKey {
		name, ok = driftName, true
	}
	number, contest := strings.CutPrefix(string(r.Key), predict.ContestKey)
	if !ok && !contest {
		return nil
	}
	if r.Value == nil && contest {
		return nil // compacted away one day; until then it is still there to be shown
	}
	if r.Value == nil {
		m.Versions = slices.DeleteFunc(m.Versions, func(v schemas.Model) bool { return v.Version == name })
		return nil
	}
	var v schemas.Model
	_, payload, err := schemas.ParseFrame(r.Value)
	if err == nil {
		// Strings and tables of what is decoded belong to the record, which is gone after this call.
		err = predict.DecodeModel(&v, slices.Clone(payload))
	}
	if err != nil {
		return exit.Failed(fmt.Errorf("%s, offset %d: %w", m.topic(), r.Offset, err))
	}
	if contest {
		return m.takeWindow(number, &v)
	}
	switch name {
	case "current":
		m.Latest = v.Version
	case "pin":
		m.Pinned, m.pin = v.Version, v
	case driftName:
		m.Drift = v
	default:
		m.Versions = append(slices.DeleteFunc(m.Versions, func(x schemas.Model) bool { return x.Version == v.Version }), v)
	}
	return nil
}

// takeWindow takes a record of a window of champion and challenger.
func (m *Models) takeWindow(number string, v *schemas.Model) error {
	n, err := strconv.Atoi(number)
	if err != nil || len(v.ClassWeight) != 4 {
		return nil
	}
	if m.Windows == nil {
		m.Windows = map[int]schemas.Model{}
	}
	m.Windows[n] = *v
	return nil
}

// Contest writes how champion and challenger did in the windows of labels that are there, the newest last.
func (m *Models) Contest(out io.Writer) error {
	if len(m.Windows) == 0 {
		return exit.Failed(fmt.Errorf("%s has no window of a challenger: set train.challenger_rate, and wait for 2,000 labels; or name two versions", m.topic()))
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "WINDOW\tAS OF\tCHAMPION\tCHALLENGER\tWON IN A ROW\t")
	for _, n := range slices.Sorted(maps.Keys(m.Windows)) {
		v := m.Windows[n]
		promoted := ""
		if v.ClassWeight[3] == 1 {
			promoted = "promoted, from " + v.Version + " on"
		}
		fmt.Fprintf(w, "%d\t%s\t%.4f\t%.4f\t%.0f\t%s\n", n, v.AsOf.Time().UTC().Format(time.DateTime), v.ClassWeight[0], v.ClassWeight[1], v.ClassWeight[2], promoted)
	}
	return w.Flush()
}

// InForce is the version that predictions are made with.
func (m *Models) InForce() string { return cmp.Or(m.Pinned, m.Latest) }

// find returns a version, also one that only the pin still has.
func (m *Models) find(version string) (*schemas.Model, error) {
	for i := range m.Versions {
		if m.Versions[i].Version == version {
			return &m.Versions[i], nil
		}
	}
	if version == m.Pinned && version != "" {
		return &m.pin, nil
	}
	return nil, exit.Failed(fmt.Errorf("version %q is not in %s", version, m.topic()))
}

// state says what a version is at the moment.
func (m *Models) state(version string) string {
	switch {
	case version == m.Pinned:
		return "in force, pinned"
	case version == m.Latest && m.Pinned == "":
		return "in force"
	case version == m.Latest:
		return "latest"
	}
	return ""
}

// listed is a version as List tells it.
type listed struct {
	Version  string  `json:"version"`
	State    string  `json:"state"`
	Taxonomy string  `json:"taxonomy"`
	AsOf     string  `json:"as_of"`
	Labels   int64   `json:"labels"`
	Skill    float64 `json:"skill"`
	// Usable: this configuration can predict with it.
	Usable bool `json:"usable"`
}

func (m *Models) describe(v *schemas.Model) listed {
	_, err := predict.Ready(m.family, m.space, v)
	asOf := "-"
	if v.AsOf != 0 {
		asOf = v.AsOf.Time().UTC().Format(time.DateTime)
	}
	return listed{v.Version, m.state(v.Version), v.TaxonomyVersion, asOf, v.Examples, v.Skill, err == nil}
}

// List writes all versions, the newest last.
func (m *Models) List(out io.Writer, asJSON bool) error {
	all := m.Versions
	if _, err := m.find(m.Pinned); err == nil && !slices.ContainsFunc(all, func(v schemas.Model) bool { return v.Version == m.Pinned }) {
		all = append([]schemas.Model{m.pin}, all...)
	}
	if asJSON {
		j := json.NewEncoder(out)
		for i := range all {
			if err := j.Encode(m.describe(&all[i])); err != nil {
				return err
			}
		}
		return nil
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "VERSION\tAS OF\tLABELS\tSKILL\tTAXONOMY\tSTATE")
	for i := range all {
		x := m.describe(&all[i])
		if !x.Usable {
			x.State = strings.TrimPrefix(x.State+", not for this configuration", ", ")
		}
		fmt.Fprintf(w, "%s\t%s\t%d\t%.3f\t%s\t%s\n", x.Version, x.AsOf, x.Labels, x.Skill, x.Taxonomy, x.State)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return m.printDrift(out)
}

// printDrift writes what drifts; nothing where all is as it was.
func (m *Models) printDrift(out io.Writer) error {
	if len(m.Drift.Reasons) == 0 || len(m.Drift.Reasons) != len(m.Drift.ClassWeight) {
		return nil
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "\nDRIFTS\tBY\tSINCE %s\n", m.Drift.AsOf.Time().UTC().Format(time.DateTime))
	for i, name := range m.Drift.Reasons {
		fmt.Fprintf(w, "%s\t%.3f\n", name, m.Drift.ClassWeight[i])
	}
	return w.Flush()
}

// Show writes what a version has learned.
func (m *Models) Show(out io.Writer, version string) error {
	v, err := m.find(version)
	if err != nil {
		return err
	}
	x := m.describe(v)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "version\t%s\t%s\nas of\t%s\nlabels\t%d\nskill\t%.3f\tnats better than the usual mix of late\nunknown\t%.3f\tof late labels have a reason that the taxonomy lacks\n", x.Version, x.State, x.AsOf, x.Labels, x.Skill, v.Unknown)
	fmt.Fprintf(w, "taxonomy\t%s\nfeature space\t%x\nbytes\t%d\tof reasons\n\t%d\tof whether and when\n\nreason\tusual share\n", x.Taxonomy, uint64(v.FeatureSpace), len(v.Table)+8*len(v.FeatureWeight), len(v.Hazards))
	for i, share := range shares(v) {
		fmt.Fprintf(w, "%s\t%.3f\n", v.Reasons[i], share)
	}
	if kinds := m.kinds(v); len(kinds) > 0 {
		fmt.Fprintf(w, "\nevidence\tweight\n")
		for _, k := range kinds {
			fmt.Fprintf(w, "%s\t%.3f\n", k.name, k.weight)
		}
	}
	return w.Flush()
}

// shares are the usual shares of reasons; those of a damaged record are none.
func shares(v *schemas.Model) []float64 {
	if len(v.ClassWeight) != len(v.Reasons) {
		return nil
	}
	total := 0.0
	for _, w := range v.ClassWeight {
		total += w
	}
	list := make([]float64, len(v.Reasons))
	for i, w := range v.ClassWeight {
		list[i] = w / total
	}
	return list
}

type kindWeight struct {
	name   string
	weight float64
}

// kinds are the weights of evidence that speaks for reasons as such; none of a family that has no such kinds.
func (m *Models) kinds(v *schemas.Model) (list []kindWeight) {
	if !m.space.Hashed() || len(v.BlockWeight) != len(v.Reasons)+len(m.space.Aligned())+len(m.space.Amounts()) {
		return nil
	}
	for i, k := range slices.Concat(m.space.Aligned(), m.space.Amounts()) {
		list = append(list, kindWeight{k.Name, v.BlockWeight[len(v.Reasons)+i]})
	}
	return list
}

// Compare writes how two versions differ, the largest differences first.
func (m *Models) Compare(out io.Writer, one, other string) error {
	a, err := m.find(one)
	if err != nil {
		return err
	}
	b, err := m.find(other)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "\t%s\t%s\t\nlabels\t%d\t%d\t%+d\nskill\t%.3f\t%.3f\t%+.3f\n", a.Version, b.Version, a.Examples, b.Examples, b.Examples-a.Examples, a.Skill, b.Skill, b.Skill-a.Skill)
	if a.TaxonomyVersion != b.TaxonomyVersion || a.FeatureSpace != b.FeatureSpace {
		fmt.Fprintln(w, "They are of different reasons or features: their tables do not compare.")
		return w.Flush()
	}
	rows := func(title string, x, y []kindWeight) {
		if len(x) == 0 || len(x) != len(y) {
			return
		}
		order := make([]int, len(x))
		for i := range order {
			order[i] = i
		}
		far := func(i int) float64 { return math.Abs(y[i].weight - x[i].weight) }
		slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(far(j), far(i)) })
		fmt.Fprintf(w, "\n%s\t\t\t\n", title)
		for _, i := range order {
			fmt.Fprintf(w, "%s\t%.3f\t%.3f\t%+.3f\n", x[i].name, x[i].weight, y[i].weight, y[i].weight-x[i].weight)
		}
	}
	rows("usual share", named(a), named(b))
	rows("weight of evidence", m.kinds(a), m.kinds(b))
	return w.Flush()
}

func named(v *schemas.Model) (list []kindWeight) {
	for i, share := range shares(v) {
		list = append(list, kindWeight{v.Reasons[i], share})
	}
	return list
}

// Pin holds a version in force, whatever the trainer publishes; "latest" lets go of it. It refuses a version that
// this configuration cannot predict with.
func (m *Models) Pin(ctx context.Context, out io.Writer, version string) error {
	if version == "latest" {
		if m.Pinned == "" {
			return exit.Failed(errors.New("no version is pinned"))
		}
		if err := m.write(ctx, &schemas.Model{Name: predict.ModelName}); err != nil {
			return err
		}
		_, err := fmt.Fprintf(out, "%s is let go; %s is in force\n", m.Pinned, cmp.Or(m.Latest, "no published version"))
		return err
	}
	v, err := m.find(version)
	if err != nil {
		return err
	}
	if _, err := predict.Ready(m.family, m.space, v); err != nil {
		return exit.Failed(err)
	}
	if err := m.write(ctx, v); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s is held in force, in place of %s\n", version, cmp.Or(m.InForce(), "no published version"))
	return err
}

// Rollback pins the newest version before the one in force that this configuration can predict with.
func (m *Models) Rollback(ctx context.Context, out io.Writer) error {
	at := slices.IndexFunc(m.Versions, func(v schemas.Model) bool { return v.Version == m.InForce() })
	for at--; at >= 0; at-- {
		if _, err := predict.Ready(m.family, m.space, &m.Versions[at]); err == nil {
			return m.Pin(ctx, out, m.Versions[at].Version)
		}
	}
	return exit.Failed(fmt.Errorf("there is no version before %s", cmp.Or(m.InForce(), "the first")))
}

// pinTimeout bounds how long the brokers may take to accept a pin, in milliseconds.
const pinTimeout = 120_000

// write writes the record of the pin. It has the whole version: the trainer deletes old ones.
func (m *Models) write(ctx context.Context, v *schemas.Model) error {
	r, err := connect.Registry(m.c)
	if err != nil {
		return err
	}
	ids, err := connect.SchemaIDs(ctx, m.c, r)
	if err != nil {
		return err
	}
	now := schemas.MillisOf(time.Now())
	var headers []pipeline.Header
	for _, h := range schemas.NewEventHeaders("attune.model", "Model").Append(nil, fmt.Sprintf("%s@%s-%d", predict.PinKey, v.Version, now), now) {
		headers = append(headers, pipeline.Header(h))
	}
	p := m.cluster.NewProducer(pipeline.ProducerConfig{TransactionTimeout: pinTimeout})
	defer p.Close()
	if err := p.Init(ctx); err != nil {
		return exit.Unavailable(err)
	}
	record := pipeline.OutRecord{Topic: m.topic(), Timestamp: int64(now), Key: []byte(predict.PinKey), Value: schemas.AppendFramed(nil, ids[schemas.TopicModels], v), Headers: headers}
	if err := p.Append(&record); err != nil {
		return err
	}
	if err := p.Seal(nil).Commit(ctx, nil); err != nil {
		return exit.Unavailable(err)
	}
	return nil
}
