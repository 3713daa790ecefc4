package state

import (
	"errors"
	"syscall"
)

// isDiskFull recognises a disk without room, and a quota that is used up. It is told apart from other
// failures because the files are whole: deleting them, as for a database that cannot be read, would cost a
// full restore and not help.
func isDiskFull(err error) bool {
	return errors.Is(err, ErrDiskFull) || errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}
