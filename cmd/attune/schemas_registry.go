package main

import (
	"errors"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/attune-health/attune/internal/connect"
	"github.com/attune-health/attune/internal/exit"
	"github.com/attune-health/attune/schemas"
)

func newSchemasRegister() *cobra.Command {
	var flags configFlags
	cmd := &cobra.Command{
		Use:     "register",
		Short:   "Register the schemas of all topics, with compatibility BACKWARD",
		Example: "  attune schemas register --registry http://registry:8081",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return flags.withRegistry(func(r *schemas.Registry) error {
				ids, err := r.Register(cmd.Context())
				if err != nil {
					return exit.Unavailable(err)
				}
				fmt.Fprintf(cmd.OutOrStdout(), "%d subjects registered\n", len(ids))
				return nil
			})
		},
	}
	flags.add(cmd, "config", "registry")
	return cmd
}

func newSchemasCheck() *cobra.Command {
	var flags configFlags
	cmd := &cobra.Command{
		Use:     "check",
		Short:   "Check that the registry has the schemas, or could take them",
		Example: "  attune schemas check --registry http://registry:8081",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return flags.withRegistry(func(r *schemas.Registry) error {
				subjects, err := r.Check(cmd.Context())
				if err != nil {
					return exit.Unavailable(err)
				}
				return printSubjects(cmd, subjects)
			})
		},
	}
	flags.add(cmd, "config", "registry")
	return cmd
}

func printSubjects(cmd *cobra.Command, subjects []schemas.Subject) error {
	w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 8, 2, ' ', 0)
	var errs []error
	for _, s := range subjects {
		state := fmt.Sprintf("registered, id %d", s.ID)
		if err := connect.SubjectProblem(&s); err != nil {
			state = err.Error()
			errs = append(errs, err)
		}
		fmt.Fprintf(w, "%s\t%s\n", s.Name, state)
	}
	return errors.Join(append(errs, w.Flush())...)
}
