package desk

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

const (
	// mostKept bounds what waits: some hundred megabytes of disk. Then nothing is shown.
	mostKept = 1_000_000
	// postedAtOnce is how many reads go to the broker in one request, and postAgain the pause after one that failed.
	postedAtOnce = 256
	postAgain    = 500 * time.Millisecond
)

// errJournalFull: the broker has taken nothing for too long.
var errJournalFull = fmt.Errorf("%d reads wait to be written to %s", mostKept, schemas.TopicAccessAudit)

// journal keeps on the disk that somebody was shown something of a patient, while the broker takes no records: the answer
// leaves once it is there, and it goes to the topic, in its order, once that can be written. It is a store of its own, since
// nothing else has what is in it. A read that is sent twice is the same record twice, by its id.
type journal struct {
	db *pebble.DB
	// mu is held while something is added. It guards next.
	mu   sync.Mutex
	next uint64
	// count is how many reads wait.
	count atomic.Int64
	// added has something after reads were added.
	added chan struct{}
}

// read is one that waits.
type read struct {
	ID         string `json:"id"`
	OccurredAt int64  `json:"occurred_at"`
	Who        string `json:"who"`
	Person     string `json:"person"`
	Contact    string `json:"contact,omitempty"`
	What       string `json:"what"`
	Why        string `json:"why,omitempty"`
	Desk       string `json:"desk"`
}

func readOf(v *schemas.AccessAudit) read {
	return read{ID: v.EventID, OccurredAt: int64(v.OccurredAt), Who: v.Who, Person: v.PersonRef.Reveal(), Contact: v.ContactRef.V, What: v.What, Why: v.Why, Desk: v.Desk}
}

func (r *read) letter() letter {
	v := &schemas.AccessAudit{EventID: r.ID, OccurredAt: schemas.Millis(r.OccurredAt), Who: r.Who, PersonRef: schemas.PersonRef(r.Person), What: r.What, Why: r.Why, Desk: r.Desk}
	if r.Contact != "" {
		v.ContactRef = schemas.Some(r.Contact)
	}
	return letter{topic: schemas.TopicAccessAudit, key: r.Person, id: v.EventID, at: v.OccurredAt, record: v}
}

// openJournal opens the journal of a desk, in a directory of its own.
func openJournal(dir string, files vfs.FS) (*journal, error) {
	dir = files.PathJoin(dir, "reads")
	if err := makeDir(files, dir); err != nil {
		return nil, fmt.Errorf("desk directory: %w", err)
	}
	db, err := pebble.Open(dir, &pebble.Options{FS: files, FormatMajorVersion: pebble.FormatNewest, MemTableSize: 1 << 20, Logger: quiet{}})
	if err != nil {
		return nil, fmt.Errorf("desk directory %s: %w", dir, err)
	}
	j := &journal{db: db, added: make(chan struct{}, 1)}
	if err := j.each(func(n uint64, _ []byte) bool {
		j.next = n + 1
		j.count.Add(1)
		return true
	}); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return j, nil
}

// each visits what waits in its order, until visit returns false.
func (j *journal) each(visit func(n uint64, value []byte) bool) error {
	it, err := j.db.NewIter(nil)
	if err != nil {
		return err
	}
	for ok := it.First(); ok; ok = it.Next() {
		value, err := it.ValueAndErr()
		if err != nil {
			return errors.Join(err, it.Close())
		}
		if !visit(binary.BigEndian.Uint64(it.Key()), value) {
			break
		}
	}
	return errors.Join(it.Error(), it.Close())
}

// waiting is how many reads are not in the topic yet.
func (j *journal) waiting() int64 { return j.count.Load() }

// keep returns when the reads are on the disk.
func (j *journal) keep(letters []letter) error {
	if j.waiting() >= mostKept {
		return errJournalFull
	}
	b := j.db.NewBatch()
	defer b.Close()
	j.mu.Lock()
	for _, l := range letters {
		value, err := json.Marshal(readOf(l.record.(*schemas.AccessAudit)))
		if err == nil {
			err = b.Set(binary.BigEndian.AppendUint64(nil, j.next), value, nil)
		}
		if err != nil {
			j.mu.Unlock()
			return err
		}
		j.next++
	}
	// The numbers are taken; whoever comes next need not wait for the disk, and shares its sync.
	j.mu.Unlock()
	if err := b.Commit(pebble.Sync); err != nil {
		return err
	}
	j.count.Add(int64(len(letters)))
	select {
	case j.added <- struct{}{}:
	default:
	}
	return nil
}

// run sends what waits until ctx ends; failed hears why it cannot.
func (j *journal) run(ctx context.Context, send func(context.Context, ...letter) error, failed func(error)) error {
	for {
		if j.waiting() == 0 {
			select {
			case <-ctx.Done():
				return nil
			case <-j.added:
			}
			continue
		}
		numbers, letters, err := j.first()
		if err != nil {
			return err
		}
		if err = send(ctx, letters...); err == nil {
			if err := j.forget(numbers); err != nil {
				return err
			}
			continue
		}
		pause := postAgain
		if !isAway(err) && ctx.Err() == nil {
			failed(err)
			pause = 10 * postAgain
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
	}
}

// first are the first reads that wait.
func (j *journal) first() (numbers []uint64, letters []letter, err error) {
	var bad error
	err = j.each(func(n uint64, value []byte) bool {
		var r read
		if bad = json.Unmarshal(value, &r); bad != nil {
			return false
		}
		numbers, letters = append(numbers, n), append(letters, r.letter())
		return len(letters) < postedAtOnce
	})
	return numbers, letters, errors.Join(err, bad)
}

// forget takes out what the topic has. A kill before it is on the disk sends it again.
func (j *journal) forget(numbers []uint64) error {
	b := j.db.NewBatch()
	defer b.Close()
	for _, n := range numbers {
		if err := b.Delete(binary.BigEndian.AppendUint64(nil, n), nil); err != nil {
			return err
		}
	}
	if err := b.Commit(pebble.NoSync); err != nil {
		return err
	}
	j.count.Add(-int64(len(numbers)))
	return nil
}

func (j *journal) close() error { return j.db.Close() }

// isAway says that the broker does not answer, or not in time: what it would not take at all is another matter.
func isAway(err error) bool {
	var p *pipeline.Error
	return errors.Is(err, errNoBroker) || errors.Is(err, context.DeadlineExceeded) || errors.As(err, &p) && p.Kind == pipeline.KindTransient
}
