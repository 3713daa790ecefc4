package embeddedtest

import (
	"context"
	"os/exec"
	"path/filepath"
	"sync"
)

// classArchive returns the option with which a Java program maps its classes from an archive instead of parsing and
// verifying them at every start (class data sharing), which halves the processor time of a start. record runs the
// program once with the option that writes the archive when it ends. A virtual machine that finds an archive of
// another machine or of other jars goes without.
func classArchive(ctx context.Context, cacheDir, name, recipe string, record func(ctx context.Context, option string) error) (string, error) {
	const file = "classes.jsa"
	dir, err := artifact{
		name: name + "-classes", recipe: recipe + javaVersion(),
		make: func(ctx context.Context, dir string) error {
			return record(ctx, "-XX:ArchiveClassesAtExit="+filepath.Join(dir, file))
		},
	}.ensure(ctx, cacheDir)
	return "-XX:SharedArchiveFile=" + filepath.Join(dir, file), err
}

// javaVersion is what java says of itself.
var javaVersion = sync.OnceValue(func() string {
	out, _ := exec.Command("java", "-version").CombinedOutput()
	return string(out)
})
