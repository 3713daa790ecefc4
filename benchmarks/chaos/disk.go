package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// diskSize is more than the space that a state directory must have free, so that there is room to work
// in.
const diskSize = "size=400m"

// mountDisk gives the last instance of run a file system of its own, which can be filled without harm
// to others. It needs the right to mount one.
func (s *site) mountDisk() {
	dir := s.path("disk")
	err := os.MkdirAll(dir, 0o755)
	if err == nil {
		var out []byte
		if out, err = exec.Command("mount", "-t", "tmpfs", "-o", diskSize, "attune-chaos", dir).CombinedOutput(); err != nil {
			err = fmt.Errorf("%w: %s", err, strings.TrimSpace(string(out)))
		}
	}
	if err != nil {
		s.report.say("not done: a full disk for a checkpoint, since no file system can be mounted for it: %v", err)
		return
	}
	s.disk = dir
}

func (s *site) unmountDisk() error {
	if s.disk == "" {
		return nil
	}
	if out, err := exec.Command("umount", "--lazy", s.disk).CombinedOutput(); err != nil {
		return fmt.Errorf("unmount %s: %w: %s", s.disk, err, out)
	}
	return nil
}

// endedForDisk says whether a process named a full disk as the reason for its end, as it should.
func endedForDisk(why string) bool {
	return strings.Contains(why, "disk full") || strings.Contains(why, syscall.ENOSPC.Error())
}

// fillDisk leaves no free byte to the last instance's state. Sometimes it does so just before the
// instance is killed, so that the next one starts on a full disk. The instance may end if it says why.
func (s *site) fillDisk(d dice) fault {
	victim, lasting, kills := s.runs[len(s.runs)-1], d.about(3*time.Second, 5*time.Second), d.IntN(2) == 0
	return fault{"disk of run full", fmt.Sprintf("%s %v", victim.name, lasting.Round(100*time.Millisecond)), func(ctx context.Context) error {
		balloon := filepath.Join(s.disk, "balloon")
		err := fill(balloon)
		if err == nil && kills {
			err = errors.Join(victim.kill(), victim.start())
		}
		if err == nil {
			sleep(ctx, lasting)
		}
		return errors.Join(err, os.Remove(balloon))
	}}
}

// fill writes a file until the disk is full.
func fill(name string) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	for block := make([]byte, 1<<20); err == nil; {
		_, err = f.Write(block)
	}
	if errors.Is(err, syscall.ENOSPC) {
		err = nil
	}
	return errors.Join(err, f.Close())
}
