package roles

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/attune-health/attune/internal/config"
)

func TestPebbleIsOpenedInTheInstancesDirectory(t *testing.T) {
	c := config.StateConfig{Backend: "pebble", Dir: t.TempDir(), CacheMB: 16}
	copies, closing, err := openState(&c, "ward/1")
	if err != nil || copies == nil {
		t.Fatal(err)
	}
	if err := closing(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(c.Dir, "ward%2F1")); err != nil {
		t.Error(err)
	}
	for _, bad := range []config.StateConfig{{Backend: "rocks", CacheMB: 256}, {Backend: "pebble", CacheMB: 1}} {
		if bad.Validate() == nil {
			t.Error(fmt.Sprint("passes: ", bad))
		}
	}
}
