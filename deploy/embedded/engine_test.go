package embedded

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestEngineWithAnotherHashIsRefused(t *testing.T) {
	tarball := tarballWith(t, "package/"+engineLibrary, "library")
	pkg := enginePackage{name: "@chdb/test", version: "1", integrity: integrityOf(tarball)}
	altered := bytes.Clone(tarball)
	altered[len(altered)-1] ^= 1
	cache := t.TempDir()
	_, err := ensureEngine(t.Context(), pkg, cache, packs(altered), nil)
	if !errors.Is(err, ErrIntegrity) {
		t.Errorf("altered tarball: got %v, want ErrIntegrity", err)
	}
	if left, _ := filepath.Glob(filepath.Join(cache, "clickhouse", "*", "*")); len(left) != 0 {
		t.Errorf("refused fetch left %v", left)
	}
	library, err := ensureEngine(t.Context(), pkg, cache, packs(tarball), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(library); err != nil || string(got) != "library" {
		t.Errorf("library = %q, %v", got, err)
	}
}

func TestEngineFetchedOnceByManyThenOffline(t *testing.T) {
	tarball := tarballWith(t, "package/"+engineLibrary, "library")
	pkg := enginePackage{name: "@chdb/test", version: "1", integrity: integrityOf(tarball)}
	cache := t.TempDir()
	var fetches atomic.Int32
	pack := func(ctx context.Context, pkg enginePackage, dir string, progress Progress) (string, error) {
		fetches.Add(1)
		return packs(tarball)(ctx, pkg, dir, progress)
	}
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			if _, err := ensureEngine(t.Context(), pkg, cache, pack, nil); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if got := fetches.Load(); got != 1 {
		t.Errorf("fetched %d times, want once", got)
	}
	offline := func(context.Context, enginePackage, string, Progress) (string, error) {
		return "", errors.New("no network")
	}
	if _, err := ensureEngine(t.Context(), pkg, cache, offline, nil); err != nil {
		t.Errorf("offline, with a cache: %v", err)
	}
}

func TestEngineUnavailableNamesAlternatives(t *testing.T) {
	linux, err := enginePackageFor("linux", "amd64")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", t.TempDir())
	_, withoutNPM := ensureEngine(t.Context(), linux, t.TempDir(), npmPack, nil)
	arm, err := enginePackageFor("linux", "arm64")
	if err != nil {
		t.Fatal(err)
	}
	_, withoutHash := ensureEngine(t.Context(), arm, t.TempDir(), npmPack, nil)
	_, unknown := enginePackageFor("plan9", "386")
	for name, err := range map[string]error{"npm is not on PATH": withoutNPM, "hash": withoutHash, "plan9/386": unknown} {
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		for _, part := range []string{name, "install npm", "on PATH", "--clickhouse"} {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("error lacks %q: %v", part, err)
			}
		}
	}
}

func TestProgressLines(t *testing.T) {
	var out strings.Builder
	now := time.Unix(0, 0)
	progress := progressLines(&out, 3*time.Second, func() time.Time { return now })
	for range 10 {
		progress(StepFetch, int64(now.Unix())*10_000_000, 90_000_000)
		now = now.Add(time.Second)
	}
	progress(StepFetch, 90_000_000, 90_000_000)
	progress(StepUnpack, 0, 500_000_000)
	want := `fetching ClickHouse engine: 0% (0 of 90 MB)
fetching ClickHouse engine: 33% (30 of 90 MB)
fetching ClickHouse engine: 66% (60 of 90 MB)
fetching ClickHouse engine: 100% (90 of 90 MB)
unpacking ClickHouse engine: 0% (0 of 500 MB)
`
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
}

// packs is a packer that has the tarball already.
func packs(tarball []byte) packer {
	return func(_ context.Context, _ enginePackage, dir string, _ Progress) (string, error) {
		path := filepath.Join(dir, "fetched.tgz")
		return path, os.WriteFile(path, tarball, 0o600)
	}
}

func tarballWith(t *testing.T, name, content string) []byte {
	t.Helper()
	var out bytes.Buffer
	zipped := gzip.NewWriter(&out)
	archive := tar.NewWriter(zipped)
	if err := archive.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(content)), Typeflag: tar.TypeReg}); err != nil {
		t.Fatal(err)
	}
	if _, err := archive.Write([]byte(content)); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(archive.Close(), zipped.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func integrityOf(data []byte) string {
	sum := sha512.Sum512(data)
	return "sha512-" + base64.StdEncoding.EncodeToString(sum[:])
}
