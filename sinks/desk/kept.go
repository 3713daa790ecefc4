package desk

import (
	"encoding/binary"
	"errors"
	"strings"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/attune-health/attune/pipeline"
)

// ErrUnknownLog is that a store does not say of which log it is, and that Kafka is not there to ask.
var ErrUnknownLog = errors.New("the desk's store is of another build or of other topics, and cannot be shown before Kafka answers")

// Keys of what a store says of itself.
var (
	identityKey = key(keyMeta, "identity")
	logKey      = key(keyMeta, "log")
	untilKey    = key(keyMeta, "until")
)

// takeUp keeps what is there if it is of this log.
func (s *Store) takeUp(log string) error {
	old, err := s.get(identityKey)
	if err != nil {
		return err
	}
	if string(old) != fingerprint(log) {
		if err := s.db.DeleteRange([]byte{0}, []byte{0xff}, pebble.NoSync); err != nil {
			return err
		}
		if err := s.db.Set(logKey, []byte(log), pebble.NoSync); err != nil {
			return err
		}
		return s.db.Set(identityKey, []byte(fingerprint(log)), pebble.Sync)
	}
	if err := s.db.Set(logKey, []byte(log), pebble.NoSync); err != nil {
		return err
	}
	return s.read()
}

// takeUpKept keeps what is there of these topics, in the layout and the schemas of this build. Whether the topics are still
// those is not known.
func (s *Store) takeUpKept(topics []string) error {
	old, err1 := s.get(identityKey)
	log, err2 := s.get(logKey)
	if err := errors.Join(err1, err2); err != nil || old == nil {
		return err
	}
	if log == nil || string(old) != fingerprint(string(log)) || !isOf(string(log), topics) {
		return ErrUnknownLog
	}
	return s.read()
}

// isOf says whether a log has these topics, in their order: its name is of topics with their ids.
func isOf(log string, topics []string) bool {
	fields := strings.Fields(log)
	if len(fields) != len(topics) {
		return false
	}
	for i, topic := range topics {
		if name, _, ok := strings.Cut(fields[i], "="); !ok || name != topic {
			return false
		}
	}
	return true
}

// read reads what is needed in memory.
func (s *Store) read() error {
	if err := s.scan([]byte{keyErased}, func(k, v []byte) (bool, error) {
		s.erased[string(k[1:])] = int64(binary.BigEndian.Uint64(v))
		return true, nil
	}); err != nil {
		return err
	}
	prefix := key(keyMeta, "position", "")
	return s.scan(prefix, func(k, v []byte) (bool, error) {
		topic, partition, ok := strings.Cut(string(k[len(prefix):]), "\x00")
		if !ok || len(partition) != 4 || len(v) != 8 {
			return false, errors.New("the desk's store has a position that cannot be read: delete its directory")
		}
		tp := pipeline.TopicPartition{Topic: topic, Partition: int32(binary.BigEndian.Uint32([]byte(partition)))}
		s.positions.at[tp] = int64(binary.BigEndian.Uint64(v))
		return true, nil
	})
}

// Adopt is that the log answers: what was kept of another one goes, and must not be shown any more.
func (s *Store) Adopt(log string) (kept bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old, err := s.get(identityKey)
	if err != nil || string(old) == fingerprint(log) {
		return true, err
	}
	s.positions.Lock()
	clear(s.positions.at)
	s.positions.Unlock()
	clear(s.erased)
	s.recent.forget()
	for _, q := range s.queues {
		q.begun = false
	}
	return false, s.takeUp(log)
}

// keepUntil notes until when everything is known. It comes behind the records themselves, also on the disk.
func (s *Store) keepUntil(at time.Time) error {
	if err := s.db.Set(untilKey, binary.BigEndian.AppendUint64(nil, uint64(at.UnixMilli())), pebble.NoSync); err != nil {
		return err
	}
	s.unsynced.Store(true)
	return nil
}

// until is what was noted; zero where nothing was.
func (s *Store) until() (time.Time, error) {
	v, err := s.get(untilKey)
	if err != nil || len(v) != 8 {
		return time.Time{}, err
	}
	return time.UnixMilli(int64(binary.BigEndian.Uint64(v))), nil
}
