package main

import (
	"os"

	"github.com/spf13/cobra"

	"github.com/attune-health/attune/internal/evaluate"
)

func newEvaluate() *cobra.Command {
	var e evaluate.Evaluation
	cmd := &cobra.Command{
		Use:   "evaluate FILE...",
		Short: "How well models predict on a recorded log: predict, then learn",
		Long: `Takes a log through the product's own operators, without a broker. Each contact is predicted at its
first touchpoint and learned when its disposition comes. Contacts of persons with an earlier contact of
known reason are scored; beside each model stand floors that need none.`,
		Example: `  attune evaluate --format technion-bank --score-from 1999-05-01 0?.txt.gz
  attune evaluate --format touchpoints-jsonl --model softmax --model naive-bayes --json log.jsonl
  attune evaluate --format touchpoints-jsonl --order file --truth truth.jsonl --score-from 2026-03-09 log.jsonl.gz`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			e.Files, e.Told = args, os.Stderr
			return e.Run(cmd.Context(), cmd.OutOrStdout())
		},
	}
	addRecording(cmd, &e.Recording)
	cmd.Flags().StringVar(&e.Taxonomy, "taxonomy", "", "health, bank, or a file; default that of the format")
	cmd.Flags().StringVar(&e.ScoreFrom, "score-from", "", "first day of which contacts are scored, such as 1999-05-01; before it they are only learned")
	cmd.Flags().StringArrayVar(&e.Models, "model", nil, "softmax or naive-bayes; several are compared side by side")
	cmd.Flags().StringVar(&e.Truth, "truth", "", "what was attainable, as attune simulate --truth writes it; scored are the contacts in it")
	cmd.Flags().BoolVar(&e.JSON, "json", false, "print JSON")
	cmd.Flags().StringVar(&e.Report, "report", "", "write a report in HTML to this folder")
	return cmd
}
