package embedded

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"github.com/attune-health/attune/deploy/process"
)

// engineLibrary is the file of the package that is the engine.
const engineLibrary = "libchdb.so"

// enginePackage is one npm package with the ClickHouse engine.
type enginePackage struct {
	name    string
	version string
	// integrity is the SHA-512 that the registry published for the tarball, in its notation. Without one the
	// package is not used.
	integrity string
	// size of the tarball in bytes, for the progress display.
	size int64
}

// enginePackageFor names the engine for a platform. The version is pinned: the package's "latest" is older, and has
// no listeners.
func enginePackageFor(goos, goarch string) (enginePackage, error) {
	const version = "26.7.3-stable.1"
	switch goos + "/" + goarch {
	case "linux/amd64":
		return enginePackage{
			name:      "@chdb/lib-linux-x64-gnu",
			version:   version,
			integrity: "sha512-XP97mMqnc5tZpKQywR8N7cLTsHNiTmHr30pC5mzo3jWmukjKn2IBa60c2B/gWUNcuFjOMjWoorQICCqBVj5wpw==",
			size:      177_817_999,
		}, nil
	case "linux/arm64":
		return enginePackage{name: "@chdb/lib-linux-arm64-gnu", version: version}, nil
	case "darwin/amd64":
		return enginePackage{name: "@chdb/lib-darwin-x64", version: version}, nil
	case "darwin/arm64":
		return enginePackage{name: "@chdb/lib-darwin-arm64", version: version}, nil
	}
	return enginePackage{}, &EngineError{Reason: fmt.Sprintf("no package for %s/%s", goos, goarch)}
}

// spec is the package as npm takes it.
func (p enginePackage) spec() string { return p.name + "@" + p.version }

// dir is the package's folder below the cache directory.
func (p enginePackage) dir(cacheDir string) string {
	return filepath.Join(cacheDir, "clickhouse", filepath.Base(p.name)+"-"+p.version)
}

// EngineError says why the ClickHouse engine cannot be had, and what a person can do instead.
type EngineError struct {
	Reason string
	Err    error
}

// Error names the reason and the alternatives.
func (e *EngineError) Error() string {
	text := "ClickHouse engine: " + e.Reason
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text + "\nany one of these helps: install npm (Node.js) and be online once; " +
		"put a clickhouse binary (24.8 or newer) on PATH; or use a running server with --clickhouse clickhouse://user:password@host:9000"
}

// Unwrap gives the cause.
func (e *EngineError) Unwrap() error { return e.Err }

// ErrIntegrity says that what was fetched is not what was published.
var ErrIntegrity = errors.New("integrity hash differs from the pinned one")

// EnsureEngine returns the path of the ClickHouse engine library. The first time it fetches it into the cache
// directory, once for all concurrent callers in this and other processes. After that it needs no network.
func EnsureEngine(ctx context.Context, cacheDir string, progress Progress) (string, error) {
	pkg, err := enginePackageFor(runtime.GOOS, runtime.GOARCH)
	if err != nil {
		return "", err
	}
	cacheDir, err = CacheDir(cacheDir)
	if err != nil {
		return "", err
	}
	return ensureEngine(ctx, pkg, cacheDir, npmPack, progress)
}

// packer fetches a package's tarball into a directory and returns its path.
type packer func(ctx context.Context, pkg enginePackage, dir string, progress Progress) (string, error)

func ensureEngine(ctx context.Context, pkg enginePackage, cacheDir string, pack packer, progress Progress) (string, error) {
	if pkg.integrity == "" {
		return "", &EngineError{Reason: fmt.Sprintf("the hash of %s is not known to this build, so it is not used", pkg.spec())}
	}
	library := filepath.Join(pkg.dir(cacheDir), engineLibrary)
	if isFile(library) {
		return library, nil
	}
	parent := filepath.Dir(pkg.dir(cacheDir))
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return "", fmt.Errorf("make cache directory: %w", err)
	}
	lock, err := process.LockFile(ctx, filepath.Join(parent, "lock"))
	if err != nil {
		return "", fmt.Errorf("wait for another fetch of the ClickHouse engine: %w", err)
	}
	defer lock.Close()
	if isFile(library) {
		return library, nil
	}
	if err := fetchEngine(ctx, pkg, cacheDir, pack, progress); err != nil {
		return "", err
	}
	return library, nil
}

// fetchEngine puts the verified package in place by one rename, so that a cache never holds half of it.
func fetchEngine(ctx context.Context, pkg enginePackage, cacheDir string, pack packer, progress Progress) error {
	work, err := os.MkdirTemp(filepath.Dir(pkg.dir(cacheDir)), "fetch-")
	if err != nil {
		return fmt.Errorf("make work directory: %w", err)
	}
	defer os.RemoveAll(work)
	tarball, err := pack(ctx, pkg, work, progress)
	if err != nil {
		return &EngineError{Reason: "fetch " + pkg.spec(), Err: err}
	}
	if err := checkIntegrity(tarball, pkg.integrity); err != nil {
		return &EngineError{Reason: "fetch " + pkg.spec(), Err: err}
	}
	unpacked := filepath.Join(work, "unpacked")
	if err := unpackEngine(ctx, tarball, unpacked, progress); err != nil {
		return &EngineError{Reason: "unpack " + pkg.spec(), Err: err}
	}
	if err := os.Rename(unpacked, pkg.dir(cacheDir)); err != nil {
		return fmt.Errorf("move ClickHouse engine into the cache: %w", err)
	}
	return nil
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
