package machine

import (
	"os"
	"runtime"
	"testing"
	"time"
)

func TestThisProcessIsMeasured(t *testing.T) {
	before, all := CPUOf(os.Getpid()), Busy()
	start, sum := time.Now(), 0
	for CPUOf(os.Getpid()) < before+5*tick && time.Since(start) < 30*time.Second {
		for i := range 1_000_000 {
			sum += i
		}
	}
	if took := CPUOf(os.Getpid()) - before; took < 5*tick || took > time.Since(start)*time.Duration(runtime.NumCPU())+tick {
		t.Errorf("%v of CPU in %v, %d", took, time.Since(start), sum)
	}
	if busy := Busy() - all; busy < 4*tick {
		t.Errorf("the machine was busy for %v meanwhile", busy)
	}
	ballast := make([]byte, 64<<20)
	for i := 0; i < len(ballast); i += 4096 {
		ballast[i] = 1
	}
	if peak := PeakMemory(os.Getpid()); peak < int64(len(ballast)) {
		t.Errorf("peak %d bytes", peak)
	}
	runtime.KeepAlive(ballast)
}

func TestProcessIsGoneThenItTookNothing(t *testing.T) {
	if CPUOf(1<<30) != 0 || PeakMemory(1<<30) != 0 {
		t.Error("a process that is not there has taken something")
	}
}
