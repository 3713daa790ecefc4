package clickhouse

import (
	"context"
	"fmt"
)

// Codes are what the codes in rows mean, for analysts: the sink writes them to tables reason_codes and action_codes at its
// start. A code that a site no longer has stays there, for the rows that have it.
type Codes struct {
	// TaxonomyVersion and PolicyVersion are those of Reasons and of Actions.
	TaxonomyVersion, PolicyVersion string
	Reasons                        []ReasonCode
	Actions                        []ActionCode
}

// ReasonCode is one reason for contact, or a code that stands instead of one.
type ReasonCode struct {
	Code, Name, Words string
	// Urgent is the urgency of such a contact, 0 to 1.
	Urgent float64
}

// ActionCode is one action of the catalogue.
type ActionCode struct{ Code, Name, Words, Class, Purpose, Group string }

// setCodes writes what the site's codes mean now. The newest row of a code counts.
func (c *Client) setCodes(ctx context.Context, codes *Codes) error {
	var reasons, actions [][]any
	for _, r := range codes.Reasons {
		reasons = append(reasons, []any{r.Code, r.Name, r.Words, r.Urgent, codes.TaxonomyVersion})
	}
	for _, a := range codes.Actions {
		actions = append(actions, []any{a.Code, a.Name, a.Words, a.Class, a.Purpose, a.Group, codes.PolicyVersion})
	}
	if err := c.insertRows(ctx, "reason_codes (code, name, words, urgent, taxonomy_version)", reasons); err != nil {
		return err
	}
	return c.insertRows(ctx, "action_codes (code, name, words, class, purpose, `group`, policy_version)", actions)
}

// insertRows inserts a few rows, in one block. into is the table and its columns.
func (c *Client) insertRows(ctx context.Context, into string, rows [][]any) error {
	if len(rows) == 0 {
		return nil
	}
	settings, err := c.usableSettings(ctx)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(withSettings(ctx, settings), c.cfg.InsertTimeout)
	defer cancel()
	batch, err := c.server().PrepareBatch(ctx, c.sql("INSERT INTO {db}."+into))
	if err != nil {
		return c.explain(err, c.cfg.Username)
	}
	for _, row := range rows {
		if err := batch.Append(row...); err != nil {
			_ = batch.Abort()
			return fmt.Errorf("fill %s: %w", into, err)
		}
	}
	return c.explain(batch.Send(), c.cfg.Username)
}
