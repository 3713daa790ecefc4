package operators

type AggregateConfig struct{}

func (c *AggregateConfig) setDefaults() {}
