package kafka

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/attune-health/attune/pipeline"
)

// topicNames are what a site's cluster calls topics. The rest of the program knows topics by the names of this one, and only
// what is written to a broker or read from it has the site's: so there is one place that translates. Nil changes nothing.
type topicNames struct {
	prefix string
	// theirs is by our name, ours by theirs.
	theirs, ours map[string]string
}

// newNames reads the configuration, which is valid.
func newNames(cfg *Config) *topicNames {
	if cfg.TopicPrefix == "" && len(cfg.TopicNames) == 0 {
		return nil
	}
	n := &topicNames{prefix: cfg.TopicPrefix, theirs: map[string]string{}, ours: map[string]string{}}
	for _, x := range cfg.TopicNames {
		ours, theirs, _ := strings.Cut(x, "=")
		n.theirs[ours], n.ours[theirs] = theirs, ours
	}
	return n
}

// out is what the cluster calls one of our topics.
func (n *topicNames) out(ours string) string {
	if n == nil {
		return ours
	}
	if theirs, ok := n.theirs[ours]; ok {
		return theirs
	}
	return n.prefix + ours
}

// in is what we call one of the cluster's topics. known is false of a topic that none of ours can be: it keeps its name.
func (n *topicNames) in(theirs string) (ours string, known bool) {
	if n == nil {
		return theirs, true
	}
	if ours, ok := n.ours[theirs]; ok {
		return ours, true
	}
	ours, ok := strings.CutPrefix(theirs, n.prefix)
	// What has another name there is not this one.
	if _, renamed := n.theirs[ours]; !ok || renamed {
		return theirs, false
	}
	return ours, true
}

// all are what the cluster calls topics of ours.
func (n *topicNames) all(ours []string) []string {
	out := make([]string, len(ours))
	for i, t := range ours {
		out[i] = n.out(t)
	}
	return out
}

// allOut are partitions as the cluster calls their topics.
func (n *topicNames) allOut(tps []pipeline.TopicPartition) []pipeline.TopicPartition {
	out := slices.Clone(tps)
	for i := range out {
		out[i].Topic = n.out(out[i].Topic)
	}
	return out
}

// allIn gives partitions our names of their topics.
func (n *topicNames) allIn(tps []pipeline.TopicPartition) {
	for i := range tps {
		tps[i].Topic, _ = n.in(tps[i].Topic)
	}
}

// topicNameProblem says what is wrong with a name for a broker, empty where nothing is.
func topicNameProblem(name string) string {
	switch {
	case name == "" || name == "." || name == "..":
		return "is no name"
	case len(name) > 249:
		return "has more than 249 characters"
	case strings.ContainsFunc(name, func(r rune) bool {
		return r != '.' && r != '_' && r != '-' && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9')
	}):
		return "has characters other than letters, digits, dots, underscores and hyphens"
	}
	return ""
}

// validateNames reports every problem of topic_prefix and topic_names.
func (c *Config) validateNames() error {
	var errs []error
	if c.TopicPrefix != "" {
		if problem := topicNameProblem(c.TopicPrefix); problem != "" {
			errs = append(errs, fmt.Errorf("kafka.topic_prefix: %q %s", c.TopicPrefix, problem))
		}
	}
	ours, theirs := map[string]bool{}, map[string]bool{}
	for _, x := range c.TopicNames {
		a, b, ok := strings.Cut(x, "=")
		switch problem := topicNameProblem(b); {
		case !ok || a == "":
			errs = append(errs, fmt.Errorf("kafka.topic_names: %q is not OUR_NAME=YOUR_NAME, such as touchpoints.web=web.events", x))
		case problem != "":
			errs = append(errs, fmt.Errorf("kafka.topic_names: %s=%q %s", a, b, problem))
		case ours[a] || theirs[b]:
			errs = append(errs, fmt.Errorf("kafka.topic_names: %s: one of the two names stands twice", x))
		}
		ours[a], theirs[b] = true, true
	}
	// The name of one topic must not become that of another.
	for _, b := range slices.Sorted(maps.Keys(theirs)) {
		if c.TopicPrefix != "" && strings.HasPrefix(b, c.TopicPrefix) && !ours[strings.TrimPrefix(b, c.TopicPrefix)] {
			errs = append(errs, fmt.Errorf("kafka.topic_names: %s is what topic_prefix makes of %s", b, strings.TrimPrefix(b, c.TopicPrefix)))
		}
	}
	return errors.Join(errs...)
}

// topic writes a topic's name.
func (w *writer) topic(name string) { w.string(w.names.out(name)) }

// topic reads a topic's name.
func (r *reader) topic() string {
	name, _ := r.names.in(r.string())
	return name
}

// TopicName is what the cluster calls one of our topics: for commands that people are told to run.
func (c *Cluster) TopicName(topic string) string { return c.names.out(topic) }
