package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// usage is what a process has used of its machine.
type usage struct {
	CPU        time.Duration
	Wall       time.Duration
	Mallocs    uint64
	Bytes      uint64
	Collected  uint32 // garbage collections
	PeakMemory int64  // bytes resident
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
		Mallocs: m.Mallocs, Bytes: m.TotalAlloc, Collected: m.NumGC, PeakMemory: peakMemory(), At: time.Now(),
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

// cpuOf is the CPU time of another process.
func cpuOf(pid int) time.Duration {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	// The name may hold anything; what follows its parenthesis begins with the state, field 3. User and
	// system time are fields 14 and 15, in hundredths of a second.
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	var ticks int64
	for _, i := range []int{11, 12} {
		if i < len(fields) {
			n, _ := strconv.ParseInt(fields[i], 10, 64) // the kernel's own number
			ticks += n
		}
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}

// peakMemory is the kernel's own figure. That of getrusage begins with the parent's.
func peakMemory() int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, rest, ok := strings.Cut(string(status), "VmHWM:")
	var kib int64
	if !ok {
		return 0
	}
	if _, err := fmt.Sscan(rest, &kib); err != nil {
		return 0
	}
	return kib << 10
}
