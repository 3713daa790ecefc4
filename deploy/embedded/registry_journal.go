package embedded

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// maxRegistryRequest bounds one request to the registry, in bytes; our largest schema has 20 kB.
const maxRegistryRequest = 4 << 20

// registryJournal writes each request that changed the registry to a file before it is answered, and replays the
// file at start. The registry gives out ids in order, so the same requests in the same order give the same ids; the
// replay compares them.
type registryJournal struct {
	registry http.Handler

	mu   sync.Mutex
	file *os.File
	seen map[string]bool
}

// registryChange is a line of the journal.
type registryChange struct {
	Method string `json:"method"`
	URI    string `json:"uri"`
	Body   string `json:"body,omitempty"`
	ID     int    `json:"id,omitempty"`
}

func openRegistryJournal(dir string, registry http.Handler) (*registryJournal, error) {
	path := filepath.Join(dir, "journal.jsonl")
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open registry journal: %w", err)
	}
	j := &registryJournal{registry: registry, file: file, seen: map[string]bool{}}
	if err := j.replay(); err != nil {
		return nil, errors.Join(fmt.Errorf("replay registry journal %s: %w", path, err), file.Close())
	}
	return j, nil
}

// replay applies the journal, and leaves the file positioned for the next line. A kill can leave half a line at the
// end; its request was never answered, so it is cut off.
func (j *registryJournal) replay() error {
	data, err := io.ReadAll(j.file)
	if err != nil {
		return err
	}
	whole := data[:bytes.LastIndexByte(data, '\n')+1]
	number := 0
	for line := range bytes.Lines(whole) {
		number++
		var change registryChange
		if err := json.Unmarshal(line, &change); err != nil {
			return fmt.Errorf("line %d: %w", number, err)
		}
		if err := j.reapply(change); err != nil {
			return fmt.Errorf("line %d: %w", number, err)
		}
	}
	if err := j.file.Truncate(int64(len(whole))); err != nil {
		return err
	}
	_, err = j.file.Seek(int64(len(whole)), io.SeekStart)
	return err
}

func (j *registryJournal) reapply(change registryChange) error {
	req := httptest.NewRequest(change.Method, change.URI, strings.NewReader(change.Body))
	answer := httptest.NewRecorder()
	j.registry.ServeHTTP(answer, req)
	if answer.Code/100 != 2 {
		return fmt.Errorf("%s %s now answers %d", change.Method, change.URI, answer.Code)
	}
	if id := answeredID(answer.Body.Bytes()); id != change.ID {
		return fmt.Errorf("%s %s now gives id %d, was %d", change.Method, change.URI, id, change.ID)
	}
	j.remember(change)
	return nil
}

// ServeHTTP answers reads at once. Changes are answered one at a time, after they are in the journal.
func (j *registryJournal) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		j.registry.ServeHTTP(w, r)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRegistryRequest))
	if err != nil {
		http.Error(w, "read request: "+err.Error(), http.StatusBadRequest)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))

	j.mu.Lock()
	defer j.mu.Unlock()
	answer := httptest.NewRecorder()
	j.registry.ServeHTTP(answer, r)
	if answer.Code/100 == 2 && isRegistryChange(r) {
		change := registryChange{Method: r.Method, URI: r.URL.RequestURI(), Body: string(body), ID: answeredID(answer.Body.Bytes())}
		if err := j.append(change); err != nil {
			http.Error(w, "write registry journal: "+err.Error(), http.StatusInternalServerError)
			return
		}
	}
	for name, values := range answer.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.Code)
	// A client that has gone misses only its own answer.
	_, _ = w.Write(answer.Body.Bytes())
}

// append writes a change, once: registering the same schema at every start adds nothing.
func (j *registryJournal) append(change registryChange) error {
	line, err := json.Marshal(change)
	if err != nil {
		return err
	}
	if j.seen[string(line)] {
		return nil
	}
	if _, err := j.file.Write(append(line, '\n')); err != nil {
		return err
	}
	j.remember(change)
	return nil
}

// remember notes registrations only, and forgets them all when anything else changes: after a deletion the same
// registration is a change again.
func (j *registryJournal) remember(change registryChange) {
	if change.Method != http.MethodPost {
		clear(j.seen)
		return
	}
	if line, err := json.Marshal(change); err == nil {
		j.seen[string(line)] = true
	}
}

// Close closes the journal.
func (j *registryJournal) Close() error { return j.file.Close() }

// isRegistryChange leaves out the two kinds of POST that only ask: "is this schema here" and "is it compatible".
func isRegistryChange(r *http.Request) bool {
	if r.Method != http.MethodPost {
		return true
	}
	return strings.HasSuffix(r.URL.Path, "/versions") && !strings.HasPrefix(r.URL.Path, "/compatibility/")
}

// answeredID is the schema id in an answer, 0 where it has none.
func answeredID(body []byte) int {
	var answer struct {
		ID int `json:"id"`
	}
	if json.Unmarshal(body, &answer) != nil {
		return 0
	}
	return answer.ID
}
