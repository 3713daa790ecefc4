package main

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/attune-health/attune/internal/exit"
	"github.com/attune-health/attune/schemas"
)

func newSchemas() *cobra.Command {
	cmd := &cobra.Command{Use: "schemas", Short: "List, show, register or check the Avro schemas", RunE: subcommandNeeded}
	cmd.AddCommand(newSchemasList(), newSchemasShow(), newSchemasRegister(), newSchemasCheck())
	return cmd
}

func newSchemasList() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List topics and the records that they carry",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 8, 2, ' ', 0)
			fmt.Fprintln(w, "TOPIC\tRECORD\tSUBJECT\tKEY")
			for _, t := range schemas.Topics(schemas.TopicConfig{}) {
				subject := ""
				if t.Record != "" {
					subject = schemas.SubjectOf(t.Name)
				}
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", t.Name, t.Record, subject, t.Key)
			}
			return w.Flush()
		},
	}
}

func newSchemasShow() *cobra.Command {
	return &cobra.Command{
		Use:     "show NAME",
		Short:   "Print the schema of a record or topic",
		Example: "  attune schemas show Touchpoint\n  attune schemas show next-best-actions",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			d, ok := schemas.DefinitionOf(args[0])
			if !ok {
				d, ok = schemas.RecordOf(args[0])
			}
			if !ok {
				return exit.Usage(fmt.Errorf("no record or topic %q; attune schemas list names them", args[0]))
			}
			fmt.Fprintln(cmd.OutOrStdout(), d.Schema)
			return nil
		},
	}
}
