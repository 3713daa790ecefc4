package main

import (
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"syscall"
)

// errLocked says that another process holds the name.
var errLocked = errors.New("the name is in use")

// lockInstance takes a name on this machine. The kernel gives it back when the process ends,
// however it ends.
func lockInstance(name string) (func() error, error) {
	dir := filepath.Join(os.TempDir(), "attune-instances")
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(dir, url.PathEscape(name)+".lock"), os.O_CREATE|os.O_RDWR, 0o666)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, errLocked
		}
		return nil, err
	}
	return f.Close, nil
}
