package main

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/attune-health/attune/pipeline"
)

// report collects what happens. It is safe for concurrent use.
type report struct {
	options *options
	began   time.Time

	mu sync.Mutex
	// Longest times without progress, by kind of fault.
	still map[string][]time.Duration
	// Connection faults, by kind.
	connections map[string]int
	// Faults of what others run, by kind.
	surroundings map[string]int
	// Faults after which something did not move within a minute.
	stuck int
	// Processes that ended by themselves.
	deaths []string
	// Offsets that went back.
	backwards []string

	verified, lost, duplicated, wrong int
	differences                       []string
	// Replays of what another build had sent, all of them equal.
	otherBuilds int
	// In words, what was verified.
	found string
}

func newReport(o *options) *report {
	return &report{options: o, began: time.Now(), still: map[string][]time.Duration{}, connections: map[string]int{}, surroundings: map[string]int{}}
}

// say tells whoever is watching what happens.
func (r *report) say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "%7.1fs "+format+"\n", append([]any{time.Since(r.began).Seconds()}, args...)...)
}

func (r *report) suffered(at time.Duration, f fault, longest time.Duration, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.still[f.kind] = append(r.still[f.kind], longest)
	end := ""
	if !ok {
		r.stuck++
		end = ", AND NOT OVER"
	}
	r.say("%s (%s) at %.1fs: %.1f s without progress%s", f.kind, f.target, at.Seconds(), longest.Seconds(), end)
}

func (r *report) connection(f fault) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.connections[f.kind]++
}

func (r *report) around(at time.Duration, f fault) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.surroundings[f.kind]++
	r.say("%s (%s) at %.1fs", f.kind, f.target, at.Seconds())
}

func (r *report) died(name, why string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.deaths = append(r.deaths, name+": "+why)
	r.say("%s ENDED BY ITSELF: %s", name, why)
}

func (r *report) wentBack(tp pipeline.TopicPartition, from, to int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.backwards = append(r.backwards, fmt.Sprintf("%s/%d: the committed offset went back from %d to %d", tp.Topic, tp.Partition, from, to))
}

// faults are the numbers of faults of processes, of brokers among them, of connections, and of what others run.
func (r *report) faults() (processes, brokers, connections, around int) {
	for kind, list := range r.still {
		processes += len(list)
		if strings.Contains(kind, "broker") {
			brokers += len(list)
		}
	}
	for _, n := range r.connections {
		connections += n
	}
	for _, n := range r.surroundings {
		around += n
	}
	return processes, brokers, connections, around
}

// add adds differences.
func (r *report) add(lost, duplicated, wrong int, differences ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lost, r.duplicated, r.wrong = r.lost+lost, r.duplicated+duplicated, r.wrong+wrong
	r.differences = append(r.differences, differences...)
}

// right says whether something was verified and nothing differs.
func (r *report) right() bool { return r.verified > 0 && r.lost+r.duplicated+r.wrong == 0 }

// line is the last line of the output.
func (r *report) line() string {
	processes, _, connections, around := r.faults()
	return fmt.Sprintf("chaos: faults=%d verified=%d lost=%d duplicated=%d wrong=%d", processes+connections+around, r.verified, r.lost, r.duplicated, r.wrong)
}

// print shows everything but the last line.
func (r *report) print() {
	r.mu.Lock()
	defer r.mu.Unlock()
	fmt.Printf("%-30s %6s %28s\n", "", "faults", "seconds without progress")
	fmt.Printf("%-30s %6s %20s %7s\n", "", "", "p50", "max")
	all := []time.Duration{}
	for _, kind := range slices.Sorted(maps.Keys(r.still)) {
		r.row(kind, r.still[kind])
		all = append(all, r.still[kind]...)
	}
	r.row("all kills and stops", all)
	for _, kind := range slices.Sorted(maps.Keys(r.connections)) {
		fmt.Printf("%-30s %6d\n", "connections: "+kind, r.connections[kind])
	}
	for _, kind := range slices.Sorted(maps.Keys(r.surroundings)) {
		fmt.Printf("%-40s %6d\n", kind, r.surroundings[kind])
	}
	r.fewer()
	if r.stuck > 0 {
		fmt.Printf("after %d faults something did not move within %v\n", r.stuck, patience)
	}
	for _, death := range r.deaths {
		fmt.Println("ended by itself:", death)
	}
	if r.found != "" {
		fmt.Println(r.found)
		fmt.Printf("%d tasks went on from what another build had sent\n", r.otherBuilds)
	}
	for _, difference := range r.differences {
		fmt.Println("  " + difference)
	}
}

// fewer says where there were fewer faults than there should be.
func (r *report) fewer() {
	processes, brokers, connections, around := r.faults()
	for _, f := range []struct {
		what        string
		got, within int
	}{{"kills and stops", processes, leastProcessFaults}, {"kills and stops of brokers", brokers, leastBrokerFaults}, {"connection faults", connections, leastConnectionFaults}, {"faults of what others run", around, leastAroundFaults}} {
		if least := int(float64(f.within) * r.options.duration.Seconds() / measure.Seconds()); f.got < least {
			fmt.Printf("only %d %s, %d were wanted: the machine is slow or busy\n", f.got, f.what, least)
		}
	}
}

func (r *report) row(name string, times []time.Duration) {
	if len(times) == 0 {
		return
	}
	sorted := slices.Sorted(slices.Values(times))
	fmt.Printf("%-30s %6d %20.1f %7.1f\n", name, len(times), sorted[(len(sorted)-1)/2].Seconds(), sorted[len(sorted)-1].Seconds())
}
