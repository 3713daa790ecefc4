package process

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// dirLockPatience is how long a directory may stay locked by a process that is just ending. A ClickHouse child
// outlives a killed parent by the few milliseconds of a clean shutdown.
const dirLockPatience = 5 * time.Second

// ErrInUse says that another process has the directory.
var ErrInUse = errors.New("directory is in use by another process")

// LockDir makes dir and takes its lock. The lock ends with the last open copy of the file, so a child that inherits
// it keeps the directory while it lives.
func LockDir(ctx context.Context, dir string) (*os.File, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make directory: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, dirLockPatience)
	defer cancel()
	f, err := LockFile(ctx, filepath.Join(dir, "lock"))
	if errors.Is(err, context.DeadlineExceeded) {
		return nil, fmt.Errorf("%s: %w", dir, ErrInUse)
	}
	return f, err
}

// LockFile takes an exclusive lock, waiting until ctx ends.
func LockFile(ctx context.Context, path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open lock: %w", err)
	}
	err = Poll(ctx, 20*time.Millisecond, func() (bool, error) {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if errors.Is(err, unix.EWOULDBLOCK) || errors.Is(err, unix.EINTR) {
			return false, nil
		}
		return true, err
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), f.Close())
	}
	return f, nil
}
