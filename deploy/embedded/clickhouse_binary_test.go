package embedded_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/attune-health/attune/deploy/embedded"
)

// standIn is a program called clickhouse that reads the ports from the configuration and runs the engine with them.
// It shows that such a program is found, configured, watched and ended; a real one is not here.
const standIn = `#!/bin/sh
if [ "$2" = --version ]; then echo "ClickHouse server version %[1]s (official build)."; exit; fi
touch used
config=${2#--config-file=}
port() { sed -n "s:.*<$1>\(.*\)</$1>.*:\1:p" "$config"; }
export ATTUNE_CLICKHOUSE_ENGINE="{\"library\":\"%[2]s\",\"data\":\"$PWD/data\",\"config\":\"$config\",\"log\":\"$PWD/clickhouse.log\",\"native_port\":$(port tcp_port),\"http_port\":$(port http_port)}"
exec "%[3]s" 4<&3 3>/dev/null
`

func TestClickHouseBinaryOnPath(t *testing.T) {
	library, err := embedded.EnsureEngine(t.Context(), "", embedded.NewProgress(os.Stderr))
	if err != nil {
		t.Fatal(err)
	}
	for version, wanted := range map[string]bool{"26.7.2.1": true, "24.8.1.1": true, "24.7.9.9": false, "18.16.1": false} {
		t.Run(version, func(t *testing.T) {
			bin := t.TempDir()
			script := fmt.Sprintf(standIn, version, library, os.Args[0])
			if err := os.WriteFile(filepath.Join(bin, "clickhouse"), []byte(script), 0o700); err != nil {
				t.Fatal(err)
			}
			t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
			dir := t.TempDir()
			server := startClickHouse(t, embedded.ClickHouseConfig{Dir: dir})
			if got := mustQuery(t, server, "SELECT 1"); got != "1" {
				t.Errorf("SELECT 1 = %s", got)
			}
			if _, err := os.Stat(filepath.Join(dir, "used")); (err == nil) != wanted {
				t.Errorf("program was used: %v (%v), want %v", err == nil, err, wanted)
			}
			if err := server.Kill(); err != nil {
				t.Fatal(err)
			}
			again, err := server.Restart(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if err := again.Kill(); err != nil {
				t.Error(err)
			}
		})
	}
}
