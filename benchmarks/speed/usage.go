package main

import (
	"os"
	"runtime"
	"syscall"
	"time"

	"github.com/attune-health/attune/benchmarks/machine"
)

// usage is what a process has used of the machine.
type usage struct {
	CPU     time.Duration
	Wall    time.Duration
	Mallocs uint64
	Bytes   uint64
	// Garbage collections.
	Collected uint32
	// Bytes resident.
	PeakMemory int64
	At         time.Time
}

// used is what this process has used so far.
func used() usage {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		return usage{}
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return usage{
		CPU:     time.Duration(r.Utime.Nano() + r.Stime.Nano()),
		Mallocs: m.Mallocs, Bytes: m.TotalAlloc, Collected: m.NumGC, PeakMemory: machine.PeakMemory(os.Getpid()), At: time.Now(),
	}
}

// since is what was used since an earlier look.
func (u usage) since(before usage) usage {
	u.CPU -= before.CPU
	u.Mallocs -= before.Mallocs
	u.Bytes -= before.Bytes
	u.Collected -= before.Collected
	u.Wall = u.At.Sub(before.At)
	return u
}
