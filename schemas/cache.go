package schemas

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strconv"
)

// diskCache keeps on disk what a registry has answered, so that a process starts and goes on while the registry is
// away: a schema never changes under its id, and the id of a schema never changes within a registry. Each
// registry has a directory of its own. It holds no patient data. A nil cache keeps nothing.
//
//	<dir>/<registry>/7.avsc     the text of schema 7
//	<dir>/<registry>/ids.json   by topic, the id of our schema and the sum of its text
type diskCache struct{ dir string }

// cachedID is what the registry said of one of our schemas.
type cachedID struct {
	ID  int32  `json:"id"`
	Sum string `json:"sha256"`
}

const idsFile = "ids.json"

// newDiskCache makes the directory of the registry at url in dir; dir may be empty for none.
func newDiskCache(dir, url string) (*diskCache, error) {
	if dir == "" {
		return nil, nil
	}
	d := filepath.Join(dir, sum(url)[:16])
	if err := os.MkdirAll(d, 0o700); err != nil {
		return nil, fmt.Errorf("registry.cache_dir: %w", err)
	}
	return &diskCache{d}, nil
}

func sum(text string) string {
	digest := sha256.Sum256([]byte(text))
	return hex.EncodeToString(digest[:])
}

// text is the schema of an id, if it was kept. A file that cannot be read is as good as none: the registry is asked.
func (c *diskCache) text(id int32) (string, bool) {
	if c == nil {
		return "", false
	}
	text, err := os.ReadFile(filepath.Join(c.dir, strconv.Itoa(int(id))+".avsc"))
	return string(text), err == nil
}

// keepText keeps the schema of an id. A disk that is full costs the copy, not the record.
func (c *diskCache) keepText(id int32, text string) {
	if c != nil {
		_ = c.write(strconv.Itoa(int(id))+".avsc", []byte(text))
	}
}

// ids are those of our schemas as they are now. The error says what was not kept.
func (c *diskCache) ids() (IDs, error) {
	data, err := os.ReadFile(filepath.Join(c.dir, idsFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errors.New("this registry has not been asked from here before")
	}
	if err != nil {
		return nil, err
	}
	kept := map[string]cachedID{}
	if err := json.Unmarshal(data, &kept); err != nil {
		return nil, fmt.Errorf("%s: %w", idsFile, err)
	}
	ids := IDs{}
	for _, t := range recordTopics() {
		d, _ := DefinitionOf(t.Record)
		k := kept[t.Name]
		if k.ID <= 0 || k.Sum != sum(d.Schema) {
			return nil, fmt.Errorf("the schema of %s is new since", t.Name)
		}
		ids[t.Name] = k.ID
	}
	return ids, nil
}

// keepIDs keeps what the registry has just answered. Where it was kept otherwise, another registry is at the address
// now, and what its predecessor said of any id is forgotten.
func (c *diskCache) keepIDs(ids IDs) {
	if c == nil {
		return
	}
	if before, err := c.ids(); err == nil && !maps.Equal(before, ids) {
		c.forget()
	}
	kept := map[string]cachedID{}
	for _, t := range recordTopics() {
		d, _ := DefinitionOf(t.Record)
		kept[t.Name] = cachedID{ids[t.Name], sum(d.Schema)}
	}
	if data, err := json.Marshal(kept); err == nil {
		_ = c.write(idsFile, data)
	}
}

func (c *diskCache) forget() {
	texts, _ := filepath.Glob(filepath.Join(c.dir, "*.avsc"))
	for _, name := range texts {
		_ = os.Remove(name)
	}
}

// write replaces a file as a whole: several processes may share the directory, and any may be killed.
func (c *diskCache) write(name string, data []byte) error {
	f, err := os.CreateTemp(c.dir, name+".*")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), filepath.Join(c.dir, name))
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}
