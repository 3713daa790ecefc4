package embedded

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
)

// unpackEngine takes the library out of the tarball into dir. It uses nothing else of the tarball, and trusts no
// name in it.
func unpackEngine(ctx context.Context, tarball, dir string, progress Progress) error {
	file, err := os.Open(tarball)
	if err != nil {
		return err
	}
	defer file.Close()
	zipped, err := gzip.NewReader(file)
	if err != nil {
		return fmt.Errorf("read %s: %w", filepath.Base(tarball), err)
	}
	archive := tar.NewReader(zipped)
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return fmt.Errorf("%s is not in the package", engineLibrary)
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", filepath.Base(tarball), err)
		}
		if header.Typeflag == tar.TypeReg && path.Base(header.Name) == engineLibrary {
			return writeEngine(ctx, archive, dir, header.Size, progress)
		}
	}
}

func writeEngine(ctx context.Context, from io.Reader, dir string, size int64, progress Progress) error {
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	to, err := os.OpenFile(filepath.Join(dir, engineLibrary), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o755)
	if err != nil {
		return err
	}
	for done := int64(0); done < size; {
		n, err := io.CopyN(to, from, min(16<<20, size-done))
		if err = errors.Join(err, ctx.Err()); err != nil {
			return errors.Join(err, to.Close())
		}
		done += n
		progress.report(StepUnpack, done, size)
	}
	return errors.Join(to.Sync(), to.Close())
}
