package roles

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"syscall"

	"github.com/attune-health/attune/internal/exit"
)

// instanceName is the configured name, or the host name with the first slot number that no other
// process holds.
func instanceName(configured string) (string, func() error, error) {
	name := configured
	if name == "" {
		host, err := os.Hostname()
		if err != nil {
			return "", nil, err
		}
		name = host
	}
	for slot := range 1000 {
		candidate := name
		if configured == "" {
			candidate = fmt.Sprintf("%s-%d", name, slot)
		}
		release, err := lockInstance(candidate)
		switch {
		case err == nil:
			return candidate, release, nil
		case !errors.Is(err, errLocked):
			return "", nil, err
		case configured != "":
			return "", nil, exit.Usage(fmt.Errorf("another instance named %s runs on this machine: give this one another name (instance), or none", configured))
		}
	}
	return "", nil, exit.Usage(errors.New("a thousand instances run on this machine"))
}

// errLocked says that another process holds the name.
var errLocked = errors.New("the name is in use")

// lockInstance takes a name on this machine. The kernel releases it when the process ends, in
// whatever way.
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
