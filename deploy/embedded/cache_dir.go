package embedded

import (
	"fmt"
	"os"
	"path/filepath"
)

// CacheDirEnv names the environment variable that moves the cache directory.
const CacheDirEnv = "ATTUNE_CACHE"

// CacheDir is where fetched parts are kept: override if it is not empty, else $ATTUNE_CACHE, else attune in the
// user's cache directory. All of it can be deleted; it is fetched again when needed.
func CacheDir(override string) (string, error) {
	if override != "" {
		return filepath.Abs(override)
	}
	if dir := os.Getenv(CacheDirEnv); dir != "" {
		return filepath.Abs(dir)
	}
	base, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find cache directory (set %s to choose one): %w", CacheDirEnv, err)
	}
	return filepath.Join(base, "attune"), nil
}
