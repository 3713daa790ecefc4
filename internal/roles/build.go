package roles

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
)

// buildID identifies the program by what it computes: a replay by another build may give other outputs. It
// is made of the revision, the compiler and the target machine, or, if the revision does not say it all, of
// the program's own bytes.
func buildID() (uint64, error) {
	info, ok := debug.ReadBuildInfo()
	if ok {
		if id := sourceID(info); id != "" {
			return idOf(strings.NewReader(id))
		}
	}
	path, err := os.Executable()
	if err != nil {
		return 0, fmt.Errorf("identify this build: %w", err)
	}
	f, err := os.Open(path)
	if err != nil {
		return 0, fmt.Errorf("identify this build: %w", err)
	}
	defer f.Close()
	return idOf(f)
}

// sourceID is empty if the program was built from changed sources, or outside a repository.
func sourceID(info *debug.BuildInfo) string {
	settings := make(map[string]string)
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	if settings["vcs.revision"] == "" || settings["vcs.modified"] != "false" {
		return ""
	}
	return strings.Join([]string{settings["vcs.revision"], info.GoVersion, runtime.GOOS, runtime.GOARCH, settings["-tags"]}, "\n")
}

func idOf(r io.Reader) (uint64, error) {
	h := sha256.New()
	if _, err := io.Copy(h, r); err != nil {
		return 0, fmt.Errorf("identify this build: %w", err)
	}
	return binary.LittleEndian.Uint64(h.Sum(nil)) | 1, nil // never 0, which says nothing
}
