package kafka

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/attune-health/attune/pipeline"
)

// join becomes a member under a name that no other has.
func (r *rig) join(name string, topics ...string) pipeline.Group {
	r.t.Helper()
	r.members++
	return r.joinAs(fmt.Sprint("member-", r.members), name, topics...)
}

// joinAs takes a name. Sessions and rebalances last so long that nothing that a busy machine does ends one.
func (r *rig) joinAs(instance, name string, topics ...string) pipeline.Group {
	r.t.Helper()
	g, err := r.c.NewGroup(r.ctx(), pipeline.GroupConfig{GroupID: r.name(name), Instance: instance, Topics: topics, SessionTimeout: 60_000, Heartbeat: 100, RebalanceTimeout: 60_000})
	r.must(err)
	r.t.Cleanup(func() { r.must(g.Close()) })
	return g
}

func (r *rig) next(g pipeline.Group) pipeline.Generation {
	r.t.Helper()
	gen, err := g.Next(r.ctx())
	r.must(err)
	return gen
}

// settle goes through generations of both members until each has an assignment in the same one.
func (r *rig) settle(a, b pipeline.Group) (pipeline.Generation, pipeline.Generation) {
	r.t.Helper()
	ctx := r.ctx()
	type joined struct {
		gen pipeline.Generation
		err error
	}
	var ga, gb pipeline.Generation
	ca, cb := make(chan joined, 1), make(chan joined, 1)
	ask := func(g pipeline.Group, c chan joined) {
		gen, err := g.Next(ctx)
		c <- joined{gen, err}
	}
	go ask(a, ca)
	go ask(b, cb)
	for {
		var doneA, doneB <-chan struct{}
		if ga != nil {
			doneA = ga.Done()
		}
		if gb != nil {
			doneB = gb.Done()
		}
		select {
		case j := <-ca:
			r.must(j.err)
			ga = j.gen
		case j := <-cb:
			r.must(j.err)
			gb = j.gen
		case <-doneA:
			ga.End()
			ga = nil
			go ask(a, ca)
		case <-doneB:
			gb.End()
			gb = nil
			go ask(b, cb)
		}
		if ga != nil && gb != nil && ga.ID() == gb.ID() {
			return ga, gb
		}
	}
}

func TestGroupMembersShareAndHandOverPartitions(t *testing.T) {
	r := newRig(t)
	web, call := r.topic("web", 4), r.topic("call", 3)
	first := r.join("g", web, call)
	gen := r.next(first)
	if n := len(gen.Assigned()); n != 7 {
		t.Fatalf("a member alone has %d of 7 partitions", n)
	}
	before := gen.Assigned()
	second := r.join("g", web, call)
	done := make(chan pipeline.Generation)
	go func() {
		g, err := second.Next(r.ctx())
		if err != nil {
			t.Error(err)
		}
		done <- g
	}()
	<-gen.Done()
	// the old generation is still ours until End: a commit within it counts
	r.must(gen.CommitOffsets(r.ctx(), []pipeline.OffsetCommit{{TopicPartition: tp(web, 0), Offset: 5}}))
	gen.End()
	a := r.next(first)
	b := <-done
	if a.ID() != b.ID() {
		t.Fatalf("generations %d and %d", a.ID(), b.ID())
	}
	all := slices.Concat(a.Assigned(), b.Assigned())
	slices.SortFunc(all, compareTP)
	if d := cmp.Diff(all, before); d != "" {
		t.Errorf("partitions after the rebalance: %s", d)
	}
	if n := len(a.Assigned()); n < 3 || n > 4 {
		t.Errorf("members have %d and %d partitions", n, len(b.Assigned()))
	}
	stale := []pipeline.OffsetCommit{{TopicPartition: tp(web, 0), Offset: 1}}
	if err := gen.CommitOffsets(r.ctx(), stale); pipeline.KindOf(err) != pipeline.KindFenced {
		t.Errorf("commit of the generation before: %v", err)
	}
	kept := a.Assigned()
	b.End()
	r.must(second.Close())
	<-a.Done()
	a.End()
	back := r.next(first)
	for _, p := range kept {
		if !slices.Contains(back.Assigned(), p) {
			t.Errorf("%v was taken away", p)
		}
	}
	if _, err := second.Next(r.ctx()); !errors.Is(err, errClosed) {
		t.Errorf("next after close: %v", err)
	}
	back.End()
}

func TestTransactionOfAnOldGenerationIsFenced(t *testing.T) {
	r := newRig(t)
	in, out := r.topic("in", 2), r.topic("out", 1)
	first := r.join("g", in)
	old := r.next(first)
	p := r.producer(pipeline.ProducerConfig{TransactionalID: "w"})
	commit := func(g pipeline.Generation, value string, offset int64) error {
		r.append(p, out, 0, value)
		return p.Seal([]pipeline.OffsetCommit{{TopicPartition: tp(in, 0), Offset: offset}}).Commit(r.ctx(), g)
	}
	r.must(commit(old, "good", 1))
	second := r.join("g", in)
	settled := make(chan struct{})
	var a, b pipeline.Generation
	go func() {
		defer close(settled)
		<-old.Done()
		old.End()
		a, b = r.settle(first, second)
	}()
	<-settled
	defer a.End()
	defer b.End()
	if err := commit(old, "zombie", 2); pipeline.KindOf(err) != pipeline.KindFenced {
		t.Fatalf("commit with the old generation: %v", err)
	}
	if err := p.Seal([]pipeline.OffsetCommit{{TopicPartition: tp(in, 0), Offset: 3}}).Commit(r.ctx(), a); err == nil {
		t.Fatal("commit without init after a failed one")
	}
	r.must(p.Init(r.ctx()))
	r.must(commit(a, "after", 2))
	if d := cmp.Diff(r.read(out), []string{"good", "after"}); d != "" {
		t.Error(d)
	}
	got, err := r.c.Committed(r.ctx(), old.GroupID(), []pipeline.TopicPartition{tp(in, 0), tp(in, 1)})
	r.must(err)
	if len(got) != 1 || got[tp(in, 0)].Offset != 2 {
		t.Errorf("committed %v", got)
	}
}

func TestGroupOfAMissingTopicSaysSo(t *testing.T) {
	r := newRig(t)
	_, err := r.c.NewGroup(context.Background(), pipeline.GroupConfig{GroupID: r.name("g"), Topics: []string{r.name("nowhere")}})
	var unknown *UnknownTopicError
	if !errors.As(err, &unknown) {
		t.Fatalf("got %v", err)
	}
}

// A process is killed, or hangs, and another of its name begins. Nobody waits for the session of the
// first to end, nor for it to come to the rebalance.
func TestMemberTakesThePlaceOfItsPredecessor(t *testing.T) {
	r := newRig(t)
	web, call := r.topic("web", 4), r.topic("call", 3)
	first, stranger := r.joinAs("a", "g", web, call), r.joinAs("b", "g", web, call)
	gen, other := r.settle(first, stranger)
	began := time.Now()
	next := make(chan pipeline.Generation, 1)
	second := r.joinAs("a", "g", web, call)
	go func() {
		g, err := second.Next(r.ctx())
		if err != nil {
			t.Error(err)
		}
		next <- g
	}()
	<-other.Done()
	other.End()
	theirs, ours := r.next(stranger), <-next
	if took := time.Since(began); took > 30*time.Second { // a session lasts 60
		t.Errorf("the successor waited %v, as if for its predecessor", took)
	}
	if theirs.ID() != ours.ID() || len(theirs.Assigned())+len(ours.Assigned()) != 7 {
		t.Errorf("generation %d with %v and %d with %v: want one, with all 7 partitions", theirs.ID(), theirs.Assigned(), ours.ID(), ours.Assigned())
	}
	stale := []pipeline.OffsetCommit{{TopicPartition: gen.Assigned()[0], Offset: 1}}
	if err := gen.CommitOffsets(r.ctx(), stale); pipeline.KindOf(err) != pipeline.KindFenced {
		t.Errorf("commit of the predecessor: %v", err)
	}
	gen.End()
	theirs.End()
	ours.End()
}

// A rebalance that does not come to its end for a long time is no reason to end.
func TestRebalanceThatLastsIsTransient(t *testing.T) {
	r := fakeOnly(t)
	web := r.topic("web", 1)
	r.c.cfg.RetryTimeout = 300 * time.Millisecond
	r.fake.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.JoinGroup}, Err: kerr.RebalanceInProgress, Count: -1})
	g := r.join("g", web)
	if _, err := g.Next(r.ctx()); pipeline.KindOf(err) != pipeline.KindTransient {
		t.Errorf("join: %v, want an error of KindTransient", err)
	}
}

func TestMembersKnowEachOthersPartitionsAndStandbys(t *testing.T) {
	r := newRig(t)
	web := r.topic("web", 4)
	a, b := r.join("g", web), r.join("g", web)
	held := []pipeline.TopicPartition{tp(web, 3)}
	ga, gb := r.settle(a, b)
	b.(pipeline.StandbyGroup).Holds(held) // counts from the next generation on
	ga.End()
	gb.End()
	ga, gb = r.settle(a, b)
	for _, gen := range []pipeline.Generation{ga, gb} {
		members, err := gen.(pipeline.GroupMembers).Members(r.ctx())
		r.must(err)
		if len(members) != 2 {
			t.Fatalf("%d members, want 2", len(members))
		}
		for _, m := range members {
			want := pipeline.GroupMember{ID: ga.MemberID(), Assigned: ga.Assigned()}
			if m.ID == gb.MemberID() {
				want = pipeline.GroupMember{ID: gb.MemberID(), Assigned: gb.Assigned(), Holds: held}
			}
			slices.SortFunc(m.Assigned, compareTP)
			if d := cmp.Diff(m, want); d != "" {
				t.Errorf("member as described: %s", d)
			}
		}
	}
}

// TestMemberStaysWhenItClosesThenItsNextProcessHasItsPartitionsAgain: nobody takes over what it had in
// between, and whoever works on keeps its own, whether the other comes to the rebalance because the
// process is back, or waits in one already, for whatever reason, when it comes back.
func TestMemberStaysWhenItClosesThenItsNextProcessHasItsPartitionsAgain(t *testing.T) {
	t.Parallel()
	for _, when := range []string{"hears of it", "waits for it"} {
		t.Run("the other "+when, func(t *testing.T) { closeAndComeBack(t, when == "waits for it") })
	}
}

func closeAndComeBack(t *testing.T, waits bool) {
	r := newRig(t)
	web := r.topic("web", 4)
	join := func(instance string, stay bool) pipeline.Group {
		g, err := r.c.NewGroup(r.ctx(), pipeline.GroupConfig{GroupID: r.name("g"), Instance: instance, Topics: []string{web}, SessionTimeout: 60_000, Heartbeat: 100, RebalanceTimeout: 60_000, Stay: stay})
		r.must(err)
		return g
	}
	first, other := join("staying", true), join("other", false)
	t.Cleanup(func() { r.must(other.Close()) })
	gf, go1 := r.settle(first, other)
	r.must(first.Close())
	select {
	case <-go1.Done():
		t.Error("the other lost its generation when the first closed")
	case <-time.After(500 * time.Millisecond):
	}
	if waits {
		go1.End()
		r.inRebalance(gf.GroupID())
	}
	again := join("staying", true)
	t.Cleanup(func() { r.must(again.Close()) })
	<-go1.Done()
	go1.End()
	ga, go2 := r.settle(again, other)
	if got, want := ga.ID(), gf.ID()+1; got != want {
		t.Errorf("generation %d follows on %d: there was one without the staying one", got, want-1)
	}
	if d := cmp.Diff(ga.Assigned(), gf.Assigned()); d != "" {
		t.Errorf("the staying one's partitions: %s", d)
	}
	if d := cmp.Diff(go2.Assigned(), go1.Assigned()); d != "" {
		t.Errorf("the other's partitions: %s", d)
	}
}

// inRebalance waits until a member of the group has come to a rebalance and waits for the rest.
func (r *rig) inRebalance(group string) {
	r.t.Helper()
	var w writer
	w.array(1)
	w.string(group)
	w.bool(false) // operations allowed
	rq := call{key: apiDescribeGroups, version: 3, body: w.b}
	for state := ""; state != "PreparingRebalance"; {
		r.must(r.c.coordinated(r.ctx(), time.Minute, coordinator{kindGroup, group}, rq, func(rd *reader) error {
			return readDescribeGroups(rd, func(s string) { state = s }, func(describedMember) {}, func(Operations) {})
		}))
	}
}
