package embedded

import (
	"encoding/json"
	"fmt"
	"os"
)

// engineChildEnv passes an engineChild to the process that becomes the ClickHouse server.
const engineChildEnv = "ATTUNE_CLICKHOUSE_ENGINE"

// File descriptors of a server process beyond the usual three.
const (
	// portsFD is a pipe on which the engine writes its ports.
	portsFD = 3
	// lockFD is the lock of the directory, held as long as it is open.
	lockFD = 4
)

// engineChild says what the child process runs.
type engineChild struct {
	Library    string `json:"library"`
	Data       string `json:"data"`
	Config     string `json:"config"`
	Log        string `json:"log"`
	NativePort int    `json:"native_port"`
	HTTPPort   int    `json:"http_port"`
}

// RunEngineIfChild turns this process into the ClickHouse server, and does not return, if it was started for that.
// Otherwise it does nothing. main calls it first; so does TestMain of a package whose tests start ClickHouse.
func RunEngineIfChild() {
	text, ok := os.LookupEnv(engineChildEnv)
	if !ok {
		return
	}
	var child engineChild
	err := json.Unmarshal([]byte(text), &child)
	if err == nil {
		err = child.run()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "clickhouse engine:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// args is the engine's command line. Its last statement writes to the pipe which ports were taken. After it the
// engine waits at its prompt, which is on the pseudo terminal, until it reads "exit".
func (c engineChild) args() []string {
	return []string{
		"clickhouse-local",
		"--path=" + c.Data,
		"--config-file=" + c.Config,
		"--logger.log=" + c.Log,
		"--log-level=warning",
		"--listen_host=127.0.0.1",
		fmt.Sprintf("--tcp_port=%d", c.NativePort),
		fmt.Sprintf("--http_port=%d", c.HTTPPort),
		"--interactive",
		"--disable_suggestion",
		"--history_file=/dev/null",
		"--query", fmt.Sprintf("SYSTEM START LISTEN TCP; SYSTEM START LISTEN HTTP; "+
			"SELECT getServerPort('tcp_port'), getServerPort('http_port') INTO OUTFILE '/proc/self/fd/%d' APPEND FORMAT TSV", portsFD),
	}
}
