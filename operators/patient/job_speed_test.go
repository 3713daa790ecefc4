package patient

import (
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// jobRound is how many touchpoints there are between two commits: a tenth of a second at the speed of
// one core.
const jobRound = 5000

// BenchmarkPatientOfMany is what a touchpoint costs PATIENT in the whole job, by the number of
// patients: each has been met fifteen times before, as in the whole-job benchmark, but the million
// four times. Commits are counted apart: each is a checkpoint. What the other roles do is not counted. In every other round PATIENT is not
// shown what comes: blind.
func BenchmarkPatientOfMany(b *testing.B) {
	for _, size := range []struct{ patients, each int }{{2_000, 15}, {20_000, 15}, {200_000, 15}, {1_000_000, 4}} {
		b.Run(fmt.Sprint(size.patients), func(b *testing.B) { benchmarkPatients(b, size.patients, size.each, false) })
	}
}

// BenchmarkPatientSteps is BenchmarkPatientOfMany with a stopwatch around each step.
func BenchmarkPatientSteps(b *testing.B) { benchmarkPatients(b, 20_000, 15, true) }

func benchmarkPatients(b *testing.B, patients, each int, steps bool) {
	var before runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	j := newJob(b, patients)
	for range patients * each / jobRound {
		j.feed(jobRound)
		j.drain()
		j.settle()
	}
	var after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&after)
	if steps {
		j.stopwatches()
	}
	clear(j.wrote)
	b.ReportAllocs()
	b.ResetTimer()
	var rounds, blind, settles []time.Duration
	n := 0
	for b.Loop() {
		if n%jobRound == 0 {
			b.StopTimer()
			j.feed(jobRound)
			b.StartTimer()
			j.blind = !j.blind
			begin := cpuTime()
			j.drain()
			if took := cpuTime() - begin; j.blind {
				blind = append(blind, took)
			} else {
				rounds = append(rounds, took)
			}
			b.StopTimer()
			begin = cpuTime()
			j.settle()
			settles = append(settles, cpuTime()-begin)
			b.StartTimer()
		}
		n++
	}
	touchpoints := float64((n + jobRound - 1) / jobRound * jobRound)
	reportRounds(b, "", rounds)
	reportRounds(b, "blind-", blind)
	reportRounds(b, "commit-", settles)
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/float64(patients), "B/patient")
	b.ReportMetric(float64(j.patient.States.Len())/float64(patients), "shards/patient")
	for _, w := range j.watch {
		b.ReportMetric(float64(w.took)/touchpoints, strings.TrimPrefix(reflect.TypeOf(w.Step).String(), "*operators.")+"-ns")
	}
	for topic, w := range j.wrote {
		if testing.Verbose() {
			b.Logf("%-30s %.3f records, %.0f B a touchpoint", topic, float64(w.records)/touchpoints, float64(w.bytes)/touchpoints)
		}
	}
}

// reportRounds reports how long rounds took. The machine's other users cost a round something, and never
// save it anything.
func reportRounds(b *testing.B, prefix string, rounds []time.Duration) {
	if len(rounds) == 0 {
		return
	}
	slices.Sort(rounds)
	b.ReportMetric(float64(rounds[len(rounds)/2])/jobRound, prefix+"median-cpu-ns/touchpoint")
	b.ReportMetric(float64(rounds[len(rounds)/10])/jobRound, prefix+"best-cpu-ns/touchpoint")
}
