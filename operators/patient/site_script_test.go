package patient

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/attune-health/attune/operators/identify"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
	"github.com/cockroachdb/datadriven"
)

// TestSiteScripts tells what IDENTITY, INGEST and PATIENT up to last-resort make of what sources write.
//
//	new      begins anew
//	show     WHAT...: what the commands that follow print of what came of them; see news
//	write    lines as siteScript.line has them: they lie in their topics
//	run      as write, and after each line all tasks take and commit until nothing is left to do
//	steps    lines "TASK takes [n]", "TASK commits", "TASK learns" (what the identity topic says), "TASK
//	         dies" (and is restored); a task is identity, a channel and a partition (web/0), or a person,
//	         for the task that owns them. Nothing else happens.
//	quiet    as run, without lines
//	end      by=duration: the watermark of all channels goes so far beyond the newest touchpoint
//	shards   what the tasks keep of each identifier, and how many timers they have set
//	watermark  of a source task, as a time since the start
//
// A person is named P1, P2, ... in the order in which they were minted, and a pseudonym by its identifier:
// ~cookie:c1. Times are since the start.
func TestSiteScripts(t *testing.T) {
	for _, dir := range []string{"ingest", "identity", "moves", "persona"} {
		t.Run(dir, func(t *testing.T) {
			datadriven.Walk(t, "testdata/"+dir, func(t *testing.T, path string) {
				s := &siteScript{}
				s.begin(t)
				datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string { return s.command(t, d) })
			})
		})
	}
}

// siteScript is a site with the names that a script has for what is in it.
type siteScript struct {
	*site
	at     schemas.Millis
	n      int                  // lines so far
	ids    []schemas.Identifier // that the script has spoken of
	names  map[schemas.Identifier]string
	minted []string // refs
	shown  []string
	read   map[string]int // by what is shown
}

func (s *siteScript) begin(t *testing.T) {
	*s = siteScript{site: newSite(t), at: t0, shown: s.shown, read: map[string]int{}, names: map[schemas.Identifier]string{}}
}

func (s *siteScript) command(t *testing.T, d *datadriven.TestData) string {
	s.tb = t
	switch d.Cmd {
	case "new":
		s.begin(t)
		return ""
	case "show":
		s.shown = nil
		for _, arg := range d.CmdArgs {
			s.shown = append(s.shown, arg.Key)
		}
		return ""
	case "write":
		s.lines(d.Input, func() {})
		return ""
	case "run":
		s.lines(d.Input, s.quiet)
	case "quiet":
		s.quiet()
	case "steps":
		for line := range strings.Lines(d.Input) {
			s.act(strings.Fields(line))
		}
	case "end":
		s.end(schemas.Millis(s.duration(argument(d, "by"))))
	case "shards":
		return s.shards()
	case "watermark":
		return s.since(schemas.Millis(s.named(d.CmdArgs[0].Key).task.SourceWatermark()))
	default:
		d.Fatalf(t, "no such command")
	}
	return s.news()
}

func argument(d *datadriven.TestData, name string) (v string) {
	if arg, ok := d.Arg(name); ok && len(arg.Vals) == 1 {
		return arg.Vals[0]
	}
	return ""
}

// act does one thing with one task.
func (s *siteScript) act(f []string) {
	s.tb.Helper()
	t, n := s.named(f[0]), -1
	if len(f) > 2 {
		n, _ = strconv.Atoi(f[2])
	}
	switch f[1] {
	case "takes":
		for n != 0 && s.step(t) {
			n--
		}
	case "commits":
		s.commit(t)
	case "learns":
		for s.learn(t) {
		}
	case "dies":
		s.restore(t)
	default:
		s.tb.Fatalf("%q: a task takes, commits, learns or dies", f)
	}
}

// named is a task by its name in scripts.
func (s *siteScript) named(name string) *netTask {
	s.tb.Helper()
	if name == "identity" {
		return s.task(s.config.Emit.Topics.IdentityLinks, 0)
	}
	if channel, partition, ok := strings.Cut(name, "/"); ok {
		p, err := strconv.Atoi(partition)
		if err != nil {
			s.tb.Fatal(err)
		}
		return s.task(s.topic(eventNamed[schemas.Channel](s.tb, channel)), int32(p))
	}
	return s.task(s.config.Emit.Topics.Identified, pipeline.Partition([]byte(s.refNamed(name)), testPatients))
}

// refNamed is a person_ref by its name in scripts, or what stands behind "ref:".
func (s *siteScript) refNamed(name string) string {
	s.tb.Helper()
	if ref, ok := strings.CutPrefix(name, "ref:"); ok {
		return ref
	}
	if id, ok := strings.CutPrefix(name, "~"); ok {
		return s.pseudonym(s.identifier(id))
	}
	s.meet()
	n, err := strconv.Atoi(strings.TrimPrefix(name, "P"))
	if err != nil || n < 1 || n > len(s.minted) {
		s.tb.Fatalf("nobody is named %q", name)
	}
	return s.minted[n-1]
}

func (s *siteScript) shard(id schemas.Identifier) string {
	shard, _ := s.keys.Of(id.Kind, id.Value.Reveal())
	return string(identify.AppendShard(nil, shard))
}

// identifier is "cookie:c1". The script remembers whom it spoke of.
func (s *siteScript) identifier(text string) schemas.Identifier {
	s.tb.Helper()
	kind, value, _ := strings.Cut(text, ":")
	if n, ok := strings.CutPrefix(value, "long"); ok {
		long, _ := strconv.Atoi(n)
		value = strings.Repeat("y", long)
	}
	id := schemas.Identifier{Kind: eventNamed[schemas.IdentifierKind](s.tb, kind), Value: schemas.Protected(value)}
	if id.Kind == schemas.IdentifierKindPhone {
		id = phone(value)
	}
	if !slices.Contains(s.ids, id) {
		s.ids, s.names[id] = append(s.ids, id), text
	}
	return id
}

// meet gives names to the persons that were minted.
func (s *siteScript) meet() {
	for _, e := range s.entries() {
		if ref := e.PersonRef.Reveal(); s.nameOf(ref) == "" {
			s.minted = append(s.minted, ref)
		}
	}
}

// nameOf is the name of a person_ref, empty where it has none yet.
func (s *siteScript) nameOf(ref string) string {
	for _, id := range s.ids {
		if s.pseudonym(id) == ref {
			return "~" + s.names[id]
		}
	}
	if i := slices.Index(s.minted, ref); i >= 0 {
		return fmt.Sprintf("P%d", i+1)
	}
	return ""
}

// who is the name of a person_ref of anything that is shown.
func (s *siteScript) who(ref schemas.PersonRef) string {
	s.meet()
	if name := s.nameOf(ref.Reveal()); name != "" {
		return name
	}
	return "nobody"
}

// whose is the identifier that a shard is of.
func (s *siteScript) whose(shard string) string {
	for _, id := range s.ids {
		if s.shard(id) == shard {
			return s.names[id]
		}
	}
	return "no identifier"
}
