package embedded

import (
	"bytes"
	"context"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// npmPack fetches through the user's own npm, and so with their registry, proxy and certificates. The npm cache of
// this call is in dir: its growth can be watched, and 178 MB are not kept twice.
func npmPack(ctx context.Context, pkg enginePackage, dir string, progress Progress) (string, error) {
	npm, err := exec.LookPath("npm")
	if err != nil {
		return "", errors.New("npm is not on PATH")
	}
	var output bytes.Buffer
	cmd := exec.CommandContext(ctx, npm, "pack", pkg.spec(), "--pack-destination", dir,
		"--cache", filepath.Join(dir, "npm-cache"), "--loglevel=error", "--fetch-retries=1", "--fetch-retry-mintimeout=1000")
	cmd.Dir = dir
	cmd.Stdout, cmd.Stderr = &output, &output
	cmd.WaitDelay = 2 * time.Second
	stop := watchGrowth(dir, pkg.size, progress)
	err = cmd.Run()
	stop()
	if err != nil {
		return "", fmt.Errorf("npm pack: %w: %s", err, firstLines(output.String(), 4))
	}
	tarballs, err := filepath.Glob(filepath.Join(dir, "*.tgz"))
	if err != nil {
		return "", err
	}
	if len(tarballs) != 1 {
		return "", fmt.Errorf("npm pack left %d tarballs", len(tarballs))
	}
	progress.report(StepFetch, pkg.size, pkg.size)
	return tarballs[0], nil
}

// watchGrowth reports the size of the largest file below dir until the returned function is called.
func watchGrowth(dir string, total int64, progress Progress) (stop func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		ticker := time.NewTicker(200 * time.Millisecond)
		defer ticker.Stop()
		for {
			progress.report(StepFetch, min(largestFile(dir), total), total)
			select {
			case <-done:
				return
			case <-ticker.C:
			}
		}
	}()
	return func() { close(done); <-ended }
}

// largestFile is the size of the largest file below dir. Files come and go meanwhile; missing ones are skipped.
func largestFile(dir string) int64 {
	var largest int64
	_ = filepath.WalkDir(dir, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return nil
		}
		if info, err := entry.Info(); err == nil {
			largest = max(largest, info.Size())
		}
		return nil
	})
	return largest
}

// checkIntegrity compares a file with a hash in npm's notation, sha512-BASE64.
func checkIntegrity(path, integrity string) error {
	encoded, ok := strings.CutPrefix(integrity, "sha512-")
	if !ok {
		return fmt.Errorf("integrity %q is not sha512", integrity)
	}
	want, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return fmt.Errorf("decode integrity: %w", err)
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	hash := sha512.New()
	if _, err := io.Copy(hash, f); err != nil {
		return fmt.Errorf("hash %s: %w", filepath.Base(path), err)
	}
	if got := hash.Sum(nil); subtle.ConstantTimeCompare(got, want) != 1 {
		return fmt.Errorf("%w: got sha512-%s, want %s", ErrIntegrity, base64.StdEncoding.EncodeToString(got), integrity)
	}
	return nil
}

// firstLines keeps error output short.
func firstLines(text string, n int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	if len(lines) > n {
		lines = lines[:n]
	}
	return strings.Join(lines, "; ")
}
