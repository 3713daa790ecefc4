package main

import (
	"context"
	"errors"
	"os"
	"runtime/pprof"
	"strings"

	"github.com/spf13/cobra"

	"github.com/attune-health/attune/internal/exit"
)

const longHelp = `attune sits between a health system's Kafka and its contact center. Patient touchpoints
arrive on Kafka topics; windowed, keyed operators keep a persona per patient, predict whether, when
and why that patient will make contact, and choose the next best action, which goes to a Kafka
topic; facts and windowed aggregates go to ClickHouse.

Results are written to stdout, everything else to stderr.

Exit codes: 0 done · 1 the answer is no (not reconciled, a check failed) · 2 wrong flags or
configuration · 3 broker, registry, ClickHouse or npm cannot be reached or refuses · 130 ended by a
second Ctrl-C. The first Ctrl-C or SIGTERM drains and commits.`

// newRoot returns the whole command tree.
func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:           "attune",
		Short:         "Touchpoints in, next best actions out",
		Long:          longHelp,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	profile := root.PersistentFlags().String("cpuprofile", "", "write a CPU profile to this file")
	root.PersistentFlags().MarkHidden("cpuprofile")
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error { return startProfile(cmd.Context(), *profile) }
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return exit.Usage(err) })
	root.AddCommand(
		newDemo(), newRun(), newSinkCommand(), newDesk(), newReprocess(), newSimulate(), newImport(), newEvaluate(),
		newTail(), newQuery(), newExplain(), newTopics(), newSchemas(), newState(), newModel(), newIdentity(), newDoctor(), newConfig(), newVersion(),
	)
	return root
}

// isUsage says whether an error is one of cobra's own about wrong arguments, which have no type to
// tell them by.
func isUsage(err error) bool {
	for _, prefix := range []string{"unknown command", "unknown flag", "unknown shorthand", "accepts ", "requires ", "invalid argument", "flag needs", "required flag"} {
		if strings.HasPrefix(err.Error(), prefix) {
			return true
		}
	}
	return false
}

// startProfile profiles until run returns.
func startProfile(_ context.Context, file string) error {
	if file == "" {
		return nil
	}
	f, err := os.Create(file)
	if err != nil {
		return exit.Usage(err)
	}
	return pprof.StartCPUProfile(f)
}

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := cmd.OutOrStdout().Write([]byte("attune " + version + "\n"))
			return err
		},
	}
}

// subcommandNeeded is the RunE of commands that only group others.
func subcommandNeeded(cmd *cobra.Command, _ []string) error {
	var names []string
	for _, c := range cmd.Commands() {
		names = append(names, c.Name())
	}
	return exit.Usage(errors.New(cmd.CommandPath() + " needs one of: " + strings.Join(names, ", ")))
}
