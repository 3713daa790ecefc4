-- Why actions were not taken: consent, quiet hours, fatigue, eligibility, safety and whatever else the policy's rules are.
CREATE OR REPLACE VIEW {db}.suppressions
(
    `day` Date COMMENT 'Day of the decision in the site''s time zone (clickhouse.time_zone).',
    `action` LowCardinality(String) COMMENT 'Catalogue id of the action that was not taken.',
    `stage` LowCardinality(String) COMMENT 'Stage that removed it.',
    `rule` LowCardinality(String) COMMENT 'Rule of that stage.',
    `decisions` UInt64 COMMENT 'In how many decisions.'
)
AS SELECT toDate(a.as_of, '{tz}') AS day, removed.1 AS action, removed.2 AS stage, removed.3 AS rule, count() AS decisions
FROM {db}.current_actions AS a
ARRAY JOIN arrayZip(a.receipt.action, a.receipt.stage, a.receipt.rule) AS removed
GROUP BY day, action, stage, rule
COMMENT 'How often which rule removed which action.';
