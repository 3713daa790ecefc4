//go:build !linux

package embedded

import "errors"

func (c engineChild) run() error {
	return errors.New("the ClickHouse engine runs on Linux only")
}
