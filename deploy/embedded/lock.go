package embedded

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// dirLockPatience is how long a directory may stay locked by a process that is just ending.
// A ClickHouse child outlives a killed parent by the few milliseconds of a clean shutdown.
const dirLockPatience = 5 * time.Second

// ErrInUse says that another process has the directory.
var ErrInUse = errors.New("directory is in use by another process")

// lockDir makes dir and takes its lock. The lock ends with the last open copy of the file, so a child that
// inherits it keeps the directory for as long as it lives.
func lockDir(ctx context.Context, dir string) (*os.File, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make directory: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, dirLockPatience)
	defer cancel()
	f, err := lockFile(ctx, filepath.Join(dir, "lock"))
	if errors.Is(err, context.DeadlineExceeded) {
		return nil, fmt.Errorf("%s: %w", dir, ErrInUse)
	}
	return f, err
}

// lockFile takes an exclusive lock, waiting until ctx ends.
func lockFile(ctx context.Context, path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open lock: %w", err)
	}
	err = poll(ctx, 20*time.Millisecond, func() (bool, error) {
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

// poll calls check until it is done, fails, or ctx ends.
func poll(ctx context.Context, every time.Duration, check func() (done bool, err error)) error {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		if done, err := check(); done || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
}
