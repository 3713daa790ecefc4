package state

import (
	"errors"
	"fmt"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
)

// fullDisk takes no byte more, from the n-th write on.
func fullDisk(n int32) errorfs.InjectorFunc {
	var writes atomic.Int32
	return func(op errorfs.Op) error {
		if op.Kind == errorfs.OpFileWrite && writes.Add(1) > n {
			return syscall.ENOSPC
		}
		return nil
	}
}

// A process that is started on a full disk says so, wherever Pebble meets it first. It hung, since
// Pebble gives up by a call that must not return.
func TestOpenOnAFullDiskSaysSo(t *testing.T) {
	for n := range int32(12) {
		for _, used := range []bool{false, true} {
			t.Run(fmt.Sprintf("after %d writes, used before %v", n, used), func(t *testing.T) {
				cfg := PebbleConfig{Dir: "state", CacheBytes: 16 << 20, FreeBytes: 1, FS: vfs.NewMem()}
				if used {
					if err := openAndClose(cfg); err != nil {
						t.Fatal(err)
					}
				}
				cfg.FS = errorfs.Wrap(cfg.FS, fullDisk(n))
				ended := make(chan error, 1)
				go func() {
					defer close(ended)
					ended <- openAndClose(cfg)
				}()
				select {
				case err, answered := <-ended:
					if !answered || err != nil && !errors.Is(err, ErrDiskFull) || n == 0 && err == nil {
						t.Errorf("open and close: %v, answered %v; want ErrDiskFull", err, answered)
					}
				case <-time.After(time.Minute): // Pebble's goroutines would wait for good
					t.Error("open and close do not return")
				}
			})
		}
	}
}

func openAndClose(cfg PebbleConfig) error {
	p, err := OpenPebble(cfg)
	if err != nil {
		return err
	}
	return p.Close()
}
