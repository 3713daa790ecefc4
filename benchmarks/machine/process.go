package machine

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// tick is the unit in which the kernel counts a process's time.
const tick = 10 * time.Millisecond

// CPUOf is the time, user's and system's, that a process has taken, 0 where it is gone.
func CPUOf(pid int) time.Duration {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	// The name may hold anything; what follows its parenthesis begins with the state, field 3.
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	return ticks(fields, 11, 12)
}

func ticks(fields []string, indexes ...int) time.Duration {
	var sum time.Duration
	for _, i := range indexes {
		if i < len(fields) {
			n, _ := strconv.ParseInt(fields[i], 10, 64) // the kernel's own number
			sum += time.Duration(n) * tick
		}
	}
	return sum
}

// PeakMemory is the most that a process has had resident, in bytes: the kernel's own figure, since that
// of getrusage begins with the parent's.
func PeakMemory(pid int) int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	var kib int64
	if _, err := fmt.Sscan(rest, &kib); err != nil {
		return 0
	}
	return kib << 10
}

// Busy is the time that all cores together have been busy, stolen time included.
func Busy() time.Duration {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0
	}
	line, _, _ := strings.Cut(string(text), "\n")
	return ticks(strings.Fields(line), 1, 2, 3, 6, 7, 8)
}
