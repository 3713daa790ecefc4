package patient

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/attune-health/attune/operators/emit"
	"github.com/attune-health/attune/operators/person"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// news is what has come out since it was last asked:
//
//	entries     of the identity topic: who has an identifier, by which move
//	identified  what was sent to the owners, partition by partition
//	rejected    with the reason, the field and the place
//	late        with the watermark that judged them and the windows that have closed
//	personas    that have changed
//	triggers    what the chain of steps ran for
func (s *siteScript) news() string {
	listings := map[string]func() []string{
		"entries": s.entryLines, "identified": s.identifiedLines, "rejected": s.rejectedLines,
		"late": s.lateLines, "personas": s.personaLines, "triggers": s.triggerLines,
	}
	var lines []string
	for _, what := range s.shown {
		list := listings[what]
		if list == nil {
			s.tb.Fatalf("nothing is called %q", what)
		}
		lines = append(lines, list()...)
	}
	if len(s.shown) > 0 && len(lines) == 0 {
		return "nothing"
	}
	return strings.Join(lines, "\n")
}

// fresh returns the records of a topic that were not shown yet.
func (s *siteScript) fresh(topic string) (records []pipeline.Record) {
	for _, r := range s.all(topic) {
		at := fmt.Sprintf("%s/%d", r.Topic, r.Partition)
		if int(r.Offset) >= s.read[at] {
			records = append(records, r)
			s.read[at] = int(r.Offset) + 1
		}
	}
	return records
}

// decoded reads records of one schema.
func decoded[V any, P interface {
	*V
	schemas.Record
}](s *siteScript, records []pipeline.Record) []V {
	list := make([]V, len(records))
	for i := range records {
		if err := schemas.DecodeWhole(P(&list[i]), records[i].Value[emit.FrameSize:]); err != nil {
			s.tb.Fatal(err)
		}
	}
	return list
}

func (s *siteScript) entries() []schemas.IdentityEntry {
	return decoded[schemas.IdentityEntry](s, s.all(s.config.Emit.Topics.Identity))
}

func (s *siteScript) entryLines() (lines []string) {
	for _, e := range decoded[schemas.IdentityEntry](s, s.fresh(s.config.Emit.Topics.Identity)) {
		line := fmt.Sprintf("%s is of %s, epoch %d", s.whose(e.Shard), s.who(e.PersonRef), e.Epoch)
		for _, a := range e.ActsFor {
			line += fmt.Sprintf(", of a %s of %s who may know %q", a.Relation, s.who(a.PersonRef), a.MayKnow)
		}
		lines = append(lines, line)
	}
	return lines
}

func (s *siteScript) identifiedLines() (lines []string) {
	for _, v := range decoded[schemas.Identified](s, s.fresh(s.config.Emit.Topics.Identified)) {
		lines = append(lines, s.sent(&v))
	}
	return lines
}

// sent is one identified record.
func (s *siteScript) sent(v *schemas.Identified) string {
	line := "to " + s.who(v.PersonRef) + ": "
	switch p := &v.Payload; p.Kind {
	case schemas.IdentifiedPayloadTouchpoint:
		line += p.Touchpoint.EventID
	case schemas.IdentifiedPayloadConsent:
		line += "consent " + p.Consent.EventID
	case schemas.IdentifiedPayloadActionOutcome:
		line += "outcome " + p.ActionOutcome.EventID
	case schemas.IdentifiedPayloadMoveShard:
		line += "hand over to " + s.who(p.MoveShard.To)
	case schemas.IdentifiedPayloadShardMoved:
		line += "handed over by " + s.who(p.ShardMoved.From)
	}
	if v.Shard != "" {
		line += fmt.Sprintf(", %s as of epoch %d", s.whose(v.Shard), v.Epoch)
	}
	if v.IdentityConflict {
		line += ", identity conflict"
	}
	if c := &v.Payload.Touchpoint.Body.Call; v.Payload.Kind == schemas.IdentifiedPayloadTouchpoint && v.Payload.Touchpoint.Body.Kind == schemas.TouchpointBodyCall {
		if c.Relation != "" {
			line += fmt.Sprintf(", called by a %s who may know %q", c.Relation, c.MayKnow)
		}
		if c.ActsAs != "" {
			line += ", called by a " + c.ActsAs + " of somebody"
		}
	}
	if v.JudgedBy != emit.NotJudged {
		line += ", judged before"
	}
	return line
}

func (s *siteScript) rejectedLines() (lines []string) {
	records := decoded[schemas.RejectedRecord](s, s.fresh(s.config.Emit.Topics.Rejected))
	for i := range records {
		r := &records[i]
		at := fmt.Sprintf("%s/%d@%d", r.Topic, r.Partition, r.Offset)
		lines = append(lines, fmt.Sprintf("%s: %s (%s) at %s%s", s.eventName(r.EventID), r.Reason, r.Detail, at, s.wholeness(r)))
	}
	return lines
}

func (s *siteScript) eventName(id string) string {
	switch {
	case id == "":
		return "no id"
	case len(id) > 20:
		return "a long id"
	}
	return id
}

// wholeness says where the rejected record does not hold all that the source wrote: a touchpoint that
// PATIENT rejects is kept as INGEST sent it on. No detail may show an identifier.
func (s *siteScript) wholeness(r *schemas.RejectedRecord) string {
	source := s.logs[pipeline.TopicPartition{Topic: r.Topic, Partition: r.Partition}][r.Offset]
	for _, id := range s.ids {
		if v := id.Value.Reveal(); len(v) > 1 && strings.Contains(r.Detail, v) {
			return ", its detail SHOWS AN IDENTIFIER"
		}
	}
	switch {
	case r.Size != int64(len(source.Value)):
		return ", as INGEST sent it on"
	case r.Sha256.OK:
		return ", its first bytes"
	case !bytes.Equal(r.Value.V, source.Value) || string(r.Key.V) != string(source.Key) || len(r.Headers) < len(source.Headers):
		return ", not whole"
	}
	return ""
}

func (s *siteScript) lateLines() (lines []string) {
	records := decoded[schemas.RejectedRecord](s, s.fresh(s.config.Emit.Topics.Late))
	for i := range records {
		r := &records[i]
		lines = append(lines, fmt.Sprintf("%s: %s by watermark %s, for %s", r.EventID, r.Reason, s.since(r.Watermark), strings.Join(r.Windows, " ")))
	}
	return lines
}

// since is a time since the start.
func (s *siteScript) since(at schemas.Millis) string {
	if pipeline.Time(at) == pipeline.MinTime || at == 0 {
		return "never"
	}
	return at.Sub(t0).String()
}

func (s *siteScript) triggerLines() (lines []string) {
	names := map[person.Trigger]string{
		person.TriggerTouchpoint: "touchpoint", person.TriggerConsent: "consent", person.TriggerOutcome: "outcome",
		person.TriggerMoved: "moved", person.TriggerTimer: "timer",
	}
	for _, x := range (*s.seen)[s.read["triggers"]:] {
		line := names[x.trigger]
		if x.trigger != person.TriggerMoved && x.trigger != person.TriggerTimer {
			line += " " + x.id // the other ids name a shard
		}
		line += fmt.Sprintf(", of %d touchpoints", x.touch)
		lines = append(lines, line+lastResort(&x))
	}
	s.read["triggers"] = len(*s.seen)
	return lines
}

// lastResort says whether the contact is one, and what has failed before.
func lastResort(x *sighting) (line string) {
	switch {
	case x.fired:
		line = ", last resort"
	case x.active:
		line = ", in a last resort"
	}
	for i := range x.failed {
		line += strings.TrimRight(fmt.Sprintf(" after %v %s %s", x.failed[i].Kind, x.failed[i].Page.Reveal(), x.failed[i].Reason), " ")
	}
	return line
}

// shards is what the tasks keep, by identifier and owner.
func (s *siteScript) shards() string {
	var lines []string
	s.meet()
	owners := slices.Clone(s.minted)
	for _, id := range s.ids {
		owners = append(owners, s.pseudonym(id))
	}
	for _, id := range s.ids {
		for _, owner := range owners {
			if line := s.kept(id, owner); line != "" {
				lines = append(lines, line)
			}
		}
	}
	timers := 0
	for p := range int32(testPatients) {
		timers += s.task(s.config.Emit.Topics.Identified, p).task.Timers()
	}
	return strings.Join(append(lines, fmt.Sprintf("%d timers", timers)), "\n")
}

func (s *siteScript) kept(id schemas.Identifier, owner string) string {
	p := s.patients[pipeline.Partition([]byte(owner), testPatients)]
	line := ""
	switch st := p.At(owner, s.shard(id)); {
	case st == nil:
	case st.MovedEpoch > 0 && st.Epoch < 0:
		line = fmt.Sprintf(" has gone to %s by move %d", s.who(st.MovedTo), st.MovedEpoch)
	default:
		line = fmt.Sprintf(" is here as of epoch %d, %d touchpoints", st.Epoch, st.Touchpoints)
	}
	if h := p.Held.Get(owner + "/" + s.shard(id)); h != nil {
		line += fmt.Sprintf(" is awaited by %d records", len(h.Records))
	}
	if line == "" {
		return ""
	}
	return fmt.Sprintf("%s at %s%s", s.names[id], s.who(schemas.PersonRef(owner)), line)
}

func (s *siteScript) personaLines() (lines []string) {
	newest := map[string]pipeline.Record{}
	var refs []string
	for _, r := range s.fresh(s.config.Emit.Topics.Personas) {
		if _, ok := newest[string(r.Key)]; !ok {
			refs = append(refs, string(r.Key))
		}
		newest[string(r.Key)] = r
	}
	for _, ref := range refs {
		who := s.who(schemas.PersonRef(ref))
		if newest[ref].Value == nil {
			lines = append(lines, who+": withdrawn")
			continue
		}
		p := decoded[schemas.Persona](s, []pipeline.Record{newest[ref]})[0]
		lines = append(lines, who+": "+s.persona(&p))
	}
	slices.Sort(lines)
	return lines
}

// persona names what is not zero, to three digits.
func (s *siteScript) persona(p *schemas.Persona) string {
	parts := []string{fmt.Sprintf("%d touchpoints as of %s", p.Touchpoints, s.since(p.AsOf))}
	for _, x := range []struct {
		name  string
		value float64
	}{{"web", p.WebActivity}, {"app", p.AppActivity}, {"call", p.CallActivity}, {"ehr", p.EhrActivity}, {"effort", p.Effort},
		{"frustration", p.Frustration}, {"sessions", float64(p.Sessions)}, {"calls", float64(p.Calls)}} {
		if rounded := math.Round(x.value*1000) / 1000; rounded != 0 {
			parts = append(parts, fmt.Sprintf("%s %v", x.name, rounded))
		}
	}
	for _, x := range [][2]string{{"last reason", p.LastReason}, {"stated", p.StatedChannel}, {"inferred", p.InferredChannel}, {"speaks", p.Language}} {
		if x[1] != "" {
			parts = append(parts, x[0]+" "+x[1])
		}
	}
	for _, n := range p.Needs {
		parts = append(parts, fmt.Sprintf("needs %s (%s)", n.Code.Reveal(), n.Provenance))
	}
	for _, l := range p.OpenLoops {
		parts = append(parts, strings.TrimSpace("open "+l.Kind+" "+l.Reason))
	}
	return strings.Join(parts, ", ")
}
