package main

import (
	"github.com/spf13/cobra"

	"github.com/attune-health/attune/internal/config"
	"github.com/attune-health/attune/internal/inspect"
	"github.com/attune-health/attune/pipeline/kafka"
)

func newModel() *cobra.Command {
	cmd := &cobra.Command{
		Use: "model", Short: "List, show and compare versions of the model, and hold one in force", RunE: subcommandNeeded,
		Example: "  attune model list\n  attune model compare v11 v12\n  attune model rollback",
	}
	var asJSON bool
	list := newModelCommand("list", "All versions that are there, and which is in force", cobra.NoArgs, func(cmd *cobra.Command, m *inspect.Models, _ []string) error {
		return m.List(cmd.OutOrStdout(), asJSON)
	})
	list.Flags().BoolVar(&asJSON, "json", false, "versions as JSON lines")
	rollback := newModelCommand("rollback", "Hold the version before the one in force", cobra.NoArgs, func(cmd *cobra.Command, m *inspect.Models, _ []string) error {
		return m.Rollback(cmd.Context(), cmd.OutOrStdout())
	})
	pin := newModelCommand("pin VERSION", "Hold a version in force, whatever is learned; latest lets go of it", cobra.ExactArgs(1), func(cmd *cobra.Command, m *inspect.Models, args []string) error {
		return m.Pin(cmd.Context(), cmd.OutOrStdout(), args[0])
	})
	pin.Long = `Hold a version in force, whatever is learned: a record in the topic of models, which predictions follow from there on,
and replays with them. The trainer goes on learning and publishing; pin latest lets its newest version come into force.`
	pin.Example = "  attune model pin v12\n  attune model pin latest"
	cmd.AddCommand(list, pin, rollback,
		newModelCommand("show VERSION", "What a version has learned", cobra.ExactArgs(1), func(cmd *cobra.Command, m *inspect.Models, args []string) error {
			return m.Show(cmd.OutOrStdout(), args[0])
		}),
		newModelCommand("compare [VERSION VERSION]", "How two versions differ, or how a challenger does beside the model in force", twoOrNone, func(cmd *cobra.Command, m *inspect.Models, args []string) error {
			if len(args) == 0 {
				return m.Contest(cmd.OutOrStdout())
			}
			return m.Compare(cmd.OutOrStdout(), args[0], args[1])
		}))
	return cmd
}

// twoOrNone are the arguments of compare.
func twoOrNone(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return cobra.ExactArgs(2)(cmd, args)
}

// newModelCommand is a command that has read the topic of models.
func newModelCommand(use, short string, args cobra.PositionalArgs, do func(*cobra.Command, *inspect.Models, []string) error) *cobra.Command {
	var flags configFlags
	cmd := &cobra.Command{
		Use: use, Short: short, Args: args,
		RunE: func(cmd *cobra.Command, args []string) error {
			return flags.withCluster(cmd, func(c *config.Config, cluster *kafka.Cluster) error {
				m, err := inspect.ReadModels(cmd.Context(), c, cluster)
				if err != nil {
					return err
				}
				return do(cmd, m, args)
			})
		},
	}
	flags.add(cmd, "config", "brokers", "registry")
	return cmd
}
