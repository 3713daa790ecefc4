package emit

import (
	"cmp"
)

// Config says where the roles write, and by which ids the registry knows what they write.
type Config struct {
	// Topics names what is read and written. Where all are empty, DefaultTopics.
	Topics Topics
	// Schemas are the ids that the registry gave. They are not a setting: each start asks for them.
	Schemas SchemaIDs
	// MaxRejectedBytes is the largest record that is kept whole in the rejected topic, with its key
	// and headers. Default 1 MiB, which is what a topic takes with Kafka's defaults. Of a larger one
	// a prefix and a hash stay.
	MaxRejectedBytes int
}

// SetDefaults fills in what is zero.
func (c *Config) SetDefaults() {
	if c.Topics == (Topics{}) {
		c.Topics = DefaultTopics()
	}
	c.MaxRejectedBytes = cmp.Or(c.MaxRejectedBytes, 1<<20)
}
