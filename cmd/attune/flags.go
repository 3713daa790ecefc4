package main

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/attune-health/attune/internal/config"
	"github.com/attune-health/attune/internal/connect"
	"github.com/attune-health/attune/internal/demo"
	"github.com/attune-health/attune/internal/exit"
	"github.com/attune-health/attune/pipeline/kafka"
	"github.com/attune-health/attune/schemas"
	"github.com/attune-health/attune/sinks/clickhouse"
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

// withClickHouse reads the configuration and calls do with a connection to ClickHouse: to that of the configuration, or
// to one on the directory of a demo that has ended, where data names one.
func (f *configFlags) withClickHouse(cmd *cobra.Command, data string, do func(c *config.Config, client *clickhouse.Client) error) (err error) {
	c, err := f.load()
	if err != nil {
		return err
	}
	if data != "" {
		stop, openErr := demo.OpenData(cmd.Context(), &c, data)
		if openErr != nil {
			return openErr
		}
		defer func() { err = errors.Join(err, stop()) }()
	}
	cfg, err := c.SinkConfig()
	if err != nil {
		return exit.Usage(err)
	}
	client, err := clickhouse.OpenInside(cmd.Context(), cfg)
	if err != nil {
		return exit.Unavailable(err)
	}
	defer client.Close()
	return do(&c, client)
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
