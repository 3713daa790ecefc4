package verify

import (
	"context"

	"github.com/attune-health/attune/internal/oracle"
)

// kpis asks the oracle, and holds topics and views against its figures.
func (c *checker) kpis(ctx context.Context) error {
	if c.Oracle == nil || c.Tables == nil || c.report.Found > 0 {
		return nil
	}
	facts, err := oracle.ReadFacts(ctx, c.Log)
	if err != nil {
		return err
	}
	answer, err := c.Oracle.Answer(ctx, facts)
	if err != nil {
		return err
	}
	differences, err := answer.Compare(ctx, c.Tables)
	if err != nil {
		return err
	}
	c.report.KPIs = &answer.Totals
	for _, d := range differences {
		c.differ("kpis", d.Of, "%s", d.Words)
	}
	return nil
}
