package state

import (
	"errors"
	"syscall"
)

// isDiskFull recognises a disk without room, and a quota that is used up. It is told apart from other
// failures because the directory is as good as ever: it must not be deleted for it.
func isDiskFull(err error) bool {
	return errors.Is(err, ErrDiskFull) || errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}
