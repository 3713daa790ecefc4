package emit

import (
	"cmp"
)

// Config says where the roles write and by which ids the registry knows what they write.
type Config struct {
	// Topics names what is read and written. All empty: DefaultTopics.
	Topics Topics
	// Schemas are the ids that the registry gave. They are asked for once, before a task starts: the path of
	// a record waits for nobody.
	Schemas SchemaIDs
	// MaxRejectedBytes is the largest record that is kept whole in the rejected topic; of a larger one a
	// prefix and a hash are kept, since the topic itself would refuse it. Default 1 MiB.
	MaxRejectedBytes int
}

// SetDefaults fills in what is zero.
func (c *Config) SetDefaults() {
	if c.Topics == (Topics{}) {
		c.Topics = DefaultTopics()
	}
	c.MaxRejectedBytes = cmp.Or(c.MaxRejectedBytes, 1<<20)
}
