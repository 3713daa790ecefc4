package runner_test

import (
	"cmp"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/pipelinetest"
)

// TestScripts tells what processes of one group do to each other, over a broker in memory and in
// virtual time: a tick takes no time, and a busy machine changes nothing. docs/invariants.md names the
// script of an invariant. Each runs twice, with a checkpoint in each commit and with one every two
// seconds. A command ends when the processes have done all that they can without time going by: they
// have taken what is there, and wait for the time of their next commit. Rewrite with -rewrite.
//
//	topics   of=two-hops|overloaded|keep, lines "topic partitions" that differ from the topology's usual ones
//	produce  lines "topic partition value"; with transaction=name they stay in an open transaction
//	abort    transaction=name
//	load     records=n [seed=n]: so many, of keys and partitions that are drawn
//	         for=duration, lines "topic n every": n records whenever so much time has passed
//	start    NAME [workers= commit= checkpoint= pending= chunk= heap=watch]: a process joins the group
//	restore  NAME, as start: the process comes back; lists the tasks with state that were restored
//	assign   lists which partitions each process has
//	fetch    does nothing else
//	tick     by=duration
//	commit   until all that is there is processed and committed
//	hang     NAME [request=name]: these requests wait, all without
//	refuse   NAME request=name: these requests fail
//	resume   NAME: ends both
//	zombie   NAME [learns=duration]: paused, and its session ends: the group goes on without it, and it does not
//	         know; resume wakes it
//	kill     NAME: as a crash; the group learns of it at once
//	stop     NAME: cleanly
//	end      the end of the input: what is left of the processes brings everything to its end
//	output   topic=name: the committed records since it was last asked, sorted
//	offsets  what the group has committed of the topics that others write
//	expect   WHAT [of=NAME|key] [least=] [most=]: a measure lies within; see measures
func TestScripts(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join("testdata", "*.txt"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			inBothModes(t, func(t *testing.T) {
				s := newScript(t)
				datadriven.RunTest(t, path, s.run)
				for _, name := range s.alive() {
					s.processes[name].stop(t)
				}
			})
		})
	}
}

// script is the world that one file tells of.
type script struct {
	t         *testing.T
	td        *datadriven.TestData
	b         *pipelinetest.Broker
	topology  func() *pipeline.Topology
	produced  *produced
	upstream  map[string]*upstream
	processes map[string]*scripted
	owned     *owners
	measures  *measures
	read      map[pipeline.TopicPartition]int64 // the next offset that the script has not seen
}

func newScript(t *testing.T) *script {
	s := &script{
		t: t, upstream: make(map[string]*upstream), processes: make(map[string]*scripted),
		owned: &owners{of: make(map[string][]pipeline.TopicPartition)}, measures: newMeasures(), read: make(map[pipeline.TopicPartition]int64),
	}
	s.create("two-hops", nil)
	return s
}

func (s *script) run(t *testing.T, td *datadriven.TestData) string {
	t.Helper()
	s.td = td
	commands := map[string]func() string{
		"topics": s.topics, "produce": s.produce, "abort": s.abort, "load": s.load, "backlog": s.backlog,
		"start": s.start, "restore": s.restore, "assign": s.assign,
		"fetch": s.fetch, "tick": s.tick, "commit": s.commit,
		"hang": s.hang, "refuse": s.refuse, "resume": s.resume, "zombie": s.zombie,
		"kill": s.kill, "stop": s.stop, "end": s.end,
		"output": s.output, "offsets": s.offsets, "expect": s.expect,
	}
	command := commands[td.Cmd]
	if command == nil {
		td.Fatalf(t, "no such command")
	}
	out := command()
	synctest.Wait()
	return out
}

func (s *script) produce() string {
	for line := range strings.Lines(s.td.Input) {
		f := strings.SplitN(strings.TrimSpace(line), " ", 3)
		var partition int32
		if len(f) == 3 {
			_, err := fmt.Sscan(f[1], &partition)
			s.must(err)
		} else {
			s.td.Fatalf(s.t, "want topic, partition and value: %q", line)
		}
		key, _, _ := strings.Cut(f[2], " ")
		if s.td.HasArg("transaction") {
			s.openTransaction(s.text("transaction")).put(s.t, f[0], partition, f[2])
			continue
		}
		s.b.Produce(pipeline.TopicPartition{Topic: f[0], Partition: partition}, []byte(key), []byte(f[2]))
	}
	return ""
}

func (s *script) abort() string {
	s.openTransaction(s.text("transaction")).abort(s.t)
	return ""
}

func (s *script) fetch() string { return "" }

func (s *script) tick() string {
	pass(s.duration("by"))
	return ""
}

// commit asks one of the living: its quiet is that of the group.
func (s *script) commit() string {
	s.processes[s.alive()[0]].quiet(s.t)
	return ""
}

// assign waits out a generation that is about to begin.
func (s *script) assign() string {
	pass(time.Second)
	var lines []string
	for _, name := range s.alive() {
		var list []string
		for _, tp := range s.owned.list(name) {
			list = append(list, fmt.Sprintf("%s/%d", tp.Topic, tp.Partition))
		}
		lines = append(lines, name+": "+cmp.Or(strings.Join(list, " "), "nothing"))
	}
	return strings.Join(lines, "\n")
}

func (s *script) kill() string {
	name := s.name()
	s.processes[name].kill()
	s.b.Expire("g", name, 0)
	s.forget(name)
	return ""
}

func (s *script) stop() string {
	name := s.name()
	s.processes[name].stop(s.t)
	s.forget(name)
	return ""
}

func (s *script) forget(name string) {
	delete(s.processes, name)
	s.owned.lose(name)
}

// end stops all but one, which sees to the rest.
func (s *script) end() string {
	names := s.alive()
	for _, name := range names[1:] {
		s.processes[name].stop(s.t)
		s.forget(name)
	}
	s.processes[names[0]].drain(s.t)
	return ""
}

func (s *script) output() string {
	topic := s.text("topic")
	var lines []string
	for _, r := range s.b.Read(topic) {
		tp := pipeline.TopicPartition{Topic: r.Topic, Partition: r.Partition}
		if r.Offset >= s.read[tp] {
			lines = append(lines, string(r.Value))
			s.read[tp] = r.Offset + 1
		}
	}
	slices.Sort(lines)
	return cmp.Or(strings.Join(lines, "\n"), "nothing")
}

func (s *script) offsets() string {
	var lines []string
	for _, role := range s.topology().Roles {
		for _, source := range role.Sources {
			if !source.Carried { // how many control records are there is a matter of chance
				lines = append(lines, s.offsetsOf(source.Topic)...)
			}
		}
	}
	return cmp.Or(strings.Join(lines, "\n"), "nothing")
}

func (s *script) offsetsOf(topic string) (lines []string) {
	n, err := s.b.Client().PartitionCount(s.t.Context(), topic)
	s.must(err)
	for p := range n {
		if c, ok := s.b.Offset("g", pipeline.TopicPartition{Topic: topic, Partition: p}); ok {
			lines = append(lines, fmt.Sprintf("%s/%d %d", topic, p, c.Offset))
		}
	}
	return lines
}

// alive are the names of the processes that run, sorted.
func (s *script) alive() []string { return slices.Sorted(maps.Keys(s.processes)) }

func (s *script) must(err error) {
	s.t.Helper()
	if err != nil {
		s.td.Fatalf(s.t, "%v", err)
	}
}

// name is the process that the command speaks of.
func (s *script) name() string {
	s.t.Helper()
	name := s.td.CmdArgs[0].Key
	if s.td.Cmd != "start" && s.td.Cmd != "restore" && s.processes[name] == nil {
		s.td.Fatalf(s.t, "no process %q", name)
	}
	return name
}

func (s *script) text(arg string) (v string) {
	s.t.Helper()
	s.td.MaybeScanArgs(s.t, arg, &v)
	return v
}

func (s *script) number(arg string, otherwise int) int {
	s.t.Helper()
	s.td.MaybeScanArgs(s.t, arg, &otherwise)
	return otherwise
}

// duration is 0 where it is not given.
func (s *script) duration(arg string) time.Duration {
	s.t.Helper()
	if !s.td.HasArg(arg) {
		return 0
	}
	d, err := time.ParseDuration(s.text(arg))
	s.must(err)
	return d
}
