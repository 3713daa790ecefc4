package main

import (
	"github.com/spf13/cobra"

	"github.com/attune-health/attune/internal/traffic"
	"github.com/attune-health/attune/schemas"
)

func newIdentity() *cobra.Command {
	cmd := &cobra.Command{Use: "identity", Short: "Take an identifier out of use, or give it back", RunE: subcommandNeeded}
	cmd.AddCommand(
		newStanding("quarantine", schemas.LinkOpQuarantine, "Take an identifier out of use that names nobody, or far too many"),
		newStanding("release", schemas.LinkOpRelease, "Give an identifier back that the guard has quarantined, and keep the guard from it"),
	)
	return cmd
}

func newStanding(name string, op schemas.LinkOp, short string) *cobra.Command {
	var flags configFlags
	cmd := &cobra.Command{
		Use:   name + " KIND",
		Short: short,
		Long: short + `. KIND is mrn, member, phone, email, device, cookie or contact.
The identifier is the first line of standard input, so that it is in no history and no list of processes.`,
		Example: "  attune identity " + name + " device < identifier.txt",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := flags.load()
			if err != nil {
				return err
			}
			s := traffic.Standing{Op: op, Kind: args[0]}
			return s.Run(cmd.Context(), &c, cmd.InOrStdin())
		},
	}
	flags.add(cmd, "config", "brokers", "registry")
	return cmd
}
