package schemas

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/twmb/franz-go/pkg/sr"
)

// IDs are the registry's ids of our own schemas, by topic. Writers frame their records with them; readers take
// records of these ids by the generated codec.
type IDs map[string]int32

// OfRecord returns the ids of all topics whose values are of one record type, ascending and each once.
func (ids IDs) OfRecord(record string) []int32 {
	var found []int32
	for _, t := range Topics(TopicConfig{}) {
		if id, ok := ids[t.Name]; ok && t.Record == record {
			found = append(found, id)
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// Subject is what the registry has for the values of one topic.
type Subject struct {
	Topic  string
	Name   string
	Record string
	// ID of our schema, 0 if it is not registered.
	ID int32
	// Version of our schema within the subject, 0 if it is not registered.
	Version int
	// Compatible says that our schema may be registered after the latest one; Problems say why it may not.
	Compatible bool
	Problems   []string
}

// ErrNotRegistered says that the registry does not have our schema of some topic.
var ErrNotRegistered = errors.New("schemas are not registered: run attune schemas register")

// Register registers the schemas of all topics, with compatibility BACKWARD, and returns their ids. It changes
// nothing that is there already.
func (r *Registry) Register(ctx context.Context) (IDs, error) {
	ids := IDs{}
	for _, t := range recordTopics() {
		id, err := r.register(ctx, t)
		if err != nil {
			return nil, fmt.Errorf("register %s: %w", SubjectOf(t.Name), explain(err))
		}
		ids[t.Name] = id
	}
	return ids, nil
}

func recordTopics() []TopicSpec {
	return slices.DeleteFunc(Topics(TopicConfig{}), func(t TopicSpec) bool { return t.Record == "" })
}

func (r *Registry) register(ctx context.Context, t TopicSpec) (int32, error) {
	schema, err := ownSchema(t)
	if err != nil {
		return 0, err
	}
	// The schema first: some registries know no configuration of a subject that does not exist.
	id, err := r.client.RegisterSchema(ctx, SubjectOf(t.Name), schema, -1, -1)
	if err != nil {
		return 0, err
	}
	level := sr.SetCompatibility{Level: sr.CompatBackward}
	for _, set := range r.client.SetCompatibility(ctx, level, SubjectOf(t.Name)) {
		if set.Err != nil {
			return 0, fmt.Errorf("set compatibility: %w", set.Err)
		}
	}
	return int32(id), nil
}

func ownSchema(t TopicSpec) (sr.Schema, error) {
	d, ok := DefinitionOf(t.Record)
	if !ok {
		return sr.Schema{}, fmt.Errorf("no record %s", t.Record)
	}
	return sr.Schema{Schema: d.Schema, Type: sr.TypeAvro}, nil
}

// IDs looks up the ids of our schemas. If some are not registered, the error is ErrNotRegistered and names their
// topics. If the registry cannot be asked, but has been before, the ids are those that it gave then, and Stale
// says why.
func (r *Registry) IDs(ctx context.Context) (IDs, error) {
	ids, err := r.ask(ctx)
	if errors.Is(err, ErrNotRegistered) {
		return nil, err
	}
	if err == nil {
		r.setStale(nil)
		r.cache.keepIDs(ids)
		return ids, nil
	}
	if r.cache == nil {
		return nil, err
	}
	kept, none := r.cache.ids()
	if none != nil {
		return nil, fmt.Errorf("%w; and nothing is kept of it: %w", err, none)
	}
	r.setStale(err)
	return kept, nil
}

// Stale says why the last answer of IDs came from the cache, nil where it did not.
func (r *Registry) Stale() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.stale
}

func (r *Registry) setStale(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stale = err
}

// ask asks the registry itself.
func (r *Registry) ask(ctx context.Context) (IDs, error) {
	subjects, err := r.lookup(ctx)
	if err != nil {
		return nil, err
	}
	ids := IDs{}
	var missing []string
	for _, s := range subjects {
		if s.ID == 0 {
			missing = append(missing, s.Topic)
			continue
		}
		ids[s.Topic] = s.ID
	}
	if len(missing) > 0 {
		return nil, fmt.Errorf("%w (missing: %v)", ErrNotRegistered, missing)
	}
	return ids, nil
}

// Check says for every topic whether our schema is registered, or could be.
func (r *Registry) Check(ctx context.Context) ([]Subject, error) {
	subjects, err := r.lookup(ctx)
	if err != nil {
		return nil, err
	}
	for i := range subjects {
		if subjects[i].ID != 0 {
			subjects[i].Compatible = true
			continue
		}
		if err := r.checkCompatible(ctx, &subjects[i]); err != nil {
			return nil, fmt.Errorf("check %s: %w", subjects[i].Name, err)
		}
	}
	return subjects, nil
}

func (r *Registry) lookup(ctx context.Context) ([]Subject, error) {
	var subjects []Subject
	for _, t := range recordTopics() {
		s := Subject{Topic: t.Name, Name: SubjectOf(t.Name), Record: t.Record}
		schema, err := ownSchema(t)
		if err != nil {
			return nil, err
		}
		found, err := r.client.LookupSchema(ctx, s.Name, schema)
		if err != nil && !isNotFound(err) {
			return nil, fmt.Errorf("look up %s: %w", s.Name, explain(err))
		}
		if err == nil {
			s.ID, s.Version = int32(found.ID), found.Version
		}
		subjects = append(subjects, s)
	}
	return subjects, nil
}

// checkCompatible compares our schema with the latest of the subject. It does so in this process, since not every
// registry can.
func (r *Registry) checkCompatible(ctx context.Context, s *Subject) error {
	latest, err := r.client.SchemaByVersion(ctx, s.Name, -1)
	if isNotFound(err) {
		s.Compatible = true
		return nil
	}
	if err != nil {
		return explain(err)
	}
	d, _ := DefinitionOf(s.Record)
	if err := CanRead(d.Schema, latest.Schema.Schema); err != nil {
		s.Problems = append(s.Problems, err.Error())
		return nil
	}
	s.Compatible = true
	return nil
}
