-- What became of decisions. Acceptance is accepted / shown; each decision stands under what happened to it at any time, so
-- that one can be shown, accepted and overridden.
CREATE OR REPLACE VIEW {db}.action_funnel
(
    `day` Date COMMENT 'Day of the decision in the site''s time zone (clickhouse.time_zone).',
    `action` LowCardinality(String) COMMENT 'Catalogue id; A00 is do nothing.',
    `channel` LowCardinality(String) COMMENT 'Where it was to happen.',
    `policy_version` LowCardinality(String) COMMENT 'Catalogue and rules.',
    `decided` UInt64 COMMENT 'Decisions for it, withdrawals left out.',
    `delivered` UInt64 COMMENT 'Of them, those that contact centers see.',
    `held_out` UInt64 COMMENT 'Those that an experiment withheld.',
    `superseded` UInt64 COMMENT 'Those that a later decision replaced.',
    `shown` UInt64 COMMENT 'Those shown, or answered.',
    `accepted` UInt64 COMMENT 'Those accepted.',
    `rejected` UInt64 COMMENT 'Those rejected.',
    `ignored` UInt64 COMMENT 'Those ignored.',
    `expired` UInt64 COMMENT 'Those that expired, as their consumer says.',
    `overridden` UInt64 COMMENT 'Those in whose place another action was taken.',
    `explored` UInt64 COMMENT 'Those that the policy would not always have chosen: propensity below 1.'
)
AS SELECT
    toDate(a.as_of, '{tz}') AS day, a.action_id AS action, a.channel AS channel, a.policy_version AS policy_version,
    count() AS decided, countIf(a.delivered) AS delivered, countIf(a.arm = 'holdout') AS held_out, countIf(a.superseded) AS superseded,
    countIf(a.shown) AS shown, countIf(a.accepted) AS accepted, countIf(has(a.outcomes, 'rejected')) AS rejected, countIf(has(a.outcomes, 'ignored')) AS ignored,
    countIf(has(a.outcomes, 'expired')) AS expired, countIf(has(a.outcomes, 'overridden')) AS overridden, countIf(a.propensity < 1) AS explored
FROM {db}.actions_and_outcomes AS a
WHERE NOT a.cancelled
GROUP BY day, action, channel, policy_version
COMMENT 'Decisions by day and action: delivered, shown, accepted, and what else became of them.';
