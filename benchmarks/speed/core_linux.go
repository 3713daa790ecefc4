package main

import (
	"errors"
	"runtime"

	"golang.org/x/sys/unix"
)

// onCore runs start in a thread that is bound to a core, so that the process it starts is, too. A
// negative core, or a machine without that core, binds nothing.
func onCore(core int, start func() error) error {
	if core < 0 || core >= runtime.NumCPU() {
		return start()
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var before, one unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		return err
	}
	for cpu := range 1024 {
		if before.IsSet(cpu) {
			if core == 0 {
				one.Set(cpu)
				break
			}
			core--
		}
	}
	if err := unix.SchedSetaffinity(0, &one); err != nil {
		return err
	}
	return errors.Join(start(), unix.SchedSetaffinity(0, &before))
}
