package main

import (
	"github.com/spf13/cobra"

	"github.com/attune-health/attune/internal/config"
	"github.com/attune-health/attune/internal/connect"
	"github.com/attune-health/attune/pipeline/kafka"
	"github.com/attune-health/attune/schemas"
)

// configFlags are the flags that commands share. They take precedence over the file.
type configFlags struct {
	file string
	config.Overrides
}

func (f *configFlags) add(cmd *cobra.Command, names ...string) {
	for _, name := range names {
		switch name {
		case "config":
			cmd.Flags().StringVar(&f.file, "config", "", "configuration file (YAML); see config.example.yaml")
		case "brokers":
			cmd.Flags().StringSliceVar(&f.Brokers, "brokers", nil, "Kafka brokers, host:port,...")
		case "clickhouse":
			cmd.Flags().StringVar(&f.Clickhouse, "clickhouse", "", "ClickHouse, clickhouse://user:password@host:port/database")
		case "registry":
			cmd.Flags().StringVar(&f.Registry, "registry", "", "schema registry URL")
		}
	}
}

// load reads the file, if one is named, and applies the flags.
func (f *configFlags) load() (config.Config, error) { return config.Load(f.file, &f.Overrides) }

// withCluster reads the configuration, connects to Kafka and calls do.
func (f *configFlags) withCluster(cmd *cobra.Command, do func(c *config.Config, cluster *kafka.Cluster) error) error {
	c, err := f.load()
	if err != nil {
		return err
	}
	cluster, err := connect.Kafka(cmd.Context(), &c)
	if err != nil {
		return err
	}
	defer cluster.Close()
	return do(&c, cluster)
}

// withRegistry reads the configuration and calls do with the schema registry.
func (f *configFlags) withRegistry(do func(r *schemas.Registry) error) error {
	c, err := f.load()
	if err != nil {
		return err
	}
	r, err := connect.Registry(&c)
	if err != nil {
		return err
	}
	return do(r)
}
