package pipeline

import (
	"encoding/base64"
	"slices"
	"strings"
)

// A committed offset, and the state that goes with it, belong to topics and not to their names: one that was
// deleted and made again under the same name has nothing of what was in it. The metadata therefore names the
// topics that the task rests on with their ids, as Kafka's tools write them:
//
//	v1 epoch=3 watermark=1700000000000 topics=attune.identified:5PFNqhmDQXW-qRVDLqYQHQ,attune.patient-changelog:...
//
// Where the cluster gives no ids, and in commits of builds that wrote none, nothing is compared.
const topicsField = "topics="

// topicsOf is that field for a task of a role, with the space before it; empty where there are no ids. It also names
// what other roles with state read: with a topic Kafka deletes the offsets that were committed of it, so that no commit
// of its own readers tells of it.
func topicsOf(t *Topology, role *Role, source string, s *Setup) string {
	topics := []string{source}
	if role.Changelog != "" {
		topics = append(topics, role.Changelog)
	}
	for i := range role.Tables {
		topics = append(topics, role.Tables[i].Topic)
	}
	topics = append(topics, role.Broadcasts...)
	for i := range t.Roles {
		for _, read := range t.Roles[i].Sources {
			if t.Roles[i].Changelog != "" && !slices.Contains(topics, read.Topic) {
				topics = append(topics, read.Topic)
			}
		}
	}
	var b strings.Builder
	for _, topic := range topics {
		id := s.TopicID(topic)
		if id == [16]byte{} {
			continue
		}
		if b.Len() == 0 {
			b.WriteString(" " + topicsField)
		} else {
			b.WriteByte(',')
		}
		b.WriteString(topic + ":" + base64.RawURLEncoding.EncodeToString(id[:]))
	}
	return b.String()
}

// TopicIDs are the ids of the topics that a task rested on when it made a commit, by name, from the commit's
// metadata. What cannot be read is left out: metadata is no place for errors of others.
func TopicIDs(metadata string) map[string][16]byte {
	ids := map[string][16]byte{}
	for field := range strings.FieldsSeq(metadata) {
		list, found := strings.CutPrefix(field, topicsField)
		if !found {
			continue
		}
		for one := range strings.SplitSeq(list, ",") {
			name, text, _ := strings.Cut(one, ":")
			if id, err := base64.RawURLEncoding.DecodeString(text); err == nil && len(id) == 16 {
				ids[name] = [16]byte(id)
			}
		}
	}
	return ids
}
