package embeddedtest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/attune-health/attune/deploy/embedded"
	"github.com/attune-health/attune/deploy/process"
)

// artifact is something that is made once and then kept in the cache directory.
type artifact struct {
	name string
	// recipe is what the result depends on: another recipe makes another artifact.
	recipe string
	// make fills the directory.
	make func(ctx context.Context, dir string) error
}

// ensure returns the directory of the artifact, making it if it is not there. Concurrent callers make it once.
func (a artifact) ensure(ctx context.Context, cacheDir string) (string, error) {
	cacheDir, err := embedded.CacheDir(cacheDir)
	if err != nil {
		return "", err
	}
	parent := filepath.Join(cacheDir, "java")
	hash := sha256.Sum256([]byte(a.recipe))
	dir := filepath.Join(parent, a.name+"-"+hex.EncodeToString(hash[:6]))
	if isDir(dir) {
		return dir, nil
	}
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return "", fmt.Errorf("make cache directory: %w", err)
	}
	lock, err := process.LockFile(ctx, dir+".lock")
	if err != nil {
		return "", fmt.Errorf("wait for another fetch of %s: %w", a.name, err)
	}
	defer lock.Close()
	if isDir(dir) {
		return dir, nil
	}
	return dir, a.makeAt(ctx, dir)
}

// makeAt makes the artifact beside its place and then renames it, so that the cache never holds half of one.
func (a artifact) makeAt(ctx context.Context, dir string) error {
	work, err := os.MkdirTemp(filepath.Dir(dir), "make-")
	if err != nil {
		return fmt.Errorf("make work directory: %w", err)
	}
	defer os.RemoveAll(work)
	made := filepath.Join(work, "made")
	if err := os.Mkdir(made, 0o755); err != nil {
		return fmt.Errorf("make work directory: %w", err)
	}
	if err := a.make(ctx, made); err != nil {
		return fmt.Errorf("make %s: %w", a.name, err)
	}
	if err := os.Rename(made, dir); err != nil {
		return fmt.Errorf("move %s into the cache: %w", a.name, err)
	}
	return nil
}

// copyJars puts the runtime dependencies of a project into dir.
func copyJars(ctx context.Context, pom, dir string) error {
	work, err := os.MkdirTemp("", "maven-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	file := filepath.Join(work, "pom.xml")
	if err := os.WriteFile(file, []byte(pom), 0o600); err != nil {
		return err
	}
	return run(ctx, "mvn", "-f", file, "-q", "-B", "-C", "dependency:copy-dependencies", "-DincludeScope=runtime", "-DoutputDirectory="+dir)
}

// Jars returns a directory with the runtime dependencies of a Maven project: what its pom.xml says, fetched once and
// then kept in the cache directory (empty: the user's).
func Jars(ctx context.Context, cacheDir, name, pom string) (string, error) {
	return artifact{
		name: name, recipe: pom,
		make: func(ctx context.Context, dir string) error { return copyJars(ctx, pom, dir) },
	}.ensure(ctx, cacheDir)
}

// run runs a tool and puts what it printed into the error.
func run(ctx context.Context, name string, args ...string) error {
	return runIn(ctx, "", name, args...)
}

// runIn does so in a directory: Maven without a project leaves marks in the one that it runs in.
func runIn(ctx context.Context, dir, name string, args ...string) error {
	var output bytes.Buffer
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Stdout, cmd.Stderr = &output, &output
	cmd.WaitDelay = 2 * time.Second
	if err := cmd.Run(); err != nil {
		const enough = 2000
		return errors.Join(fmt.Errorf("%s: %w", name, err), errors.New(string(output.Bytes()[:min(output.Len(), enough)])))
	}
	return nil
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
