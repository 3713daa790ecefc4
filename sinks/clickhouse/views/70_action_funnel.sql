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
    `explored` UInt64 COMMENT 'Those that the policy would not always have chosen: propensity below 1.',
    `score` Float64 COMMENT 'Sum of the arbitration scores of those decided; beside decided it is the value of a decision.'
)
AS SELECT
    toDate(a.as_of, '{tz}') AS day, a.action_id AS action, a.action_channel AS channel, a.policy_version AS policy_version,
    count() AS decided, countIf(a.delivered) AS delivered, countIf(a.arm = 'holdout') AS held_out,
    countIf(a.decision_id IN (SELECT supersedes FROM {db}.current_actions WHERE supersedes != '')) AS superseded,
    countIf(o.shown) AS shown, countIf(o.accepted) AS accepted, countIf(o.rejected) AS rejected, countIf(o.ignored) AS ignored,
    countIf(o.expired) AS expired, countIf(o.overridden) AS overridden, countIf(a.action_propensity < 1) AS explored, sum(a.action_score) AS score
FROM {db}.current_actions AS a
LEFT ANY JOIN
(
    -- Flags and hashes of ids, in place of the lists of actions_and_outcomes.
    SELECT
        cityHash64(decision_id) AS decision, max(outcome IN ('shown', 'accepted', 'rejected', 'ignored', 'overridden')) AS shown, max(outcome = 'accepted') AS accepted,
        max(outcome = 'rejected') AS rejected, max(outcome = 'ignored') AS ignored, max(outcome = 'expired') AS expired, max(outcome = 'overridden') AS overridden
    FROM {db}.current_outcomes
    GROUP BY decision
) AS o ON o.decision = cityHash64(a.decision_id)
WHERE NOT a.cancelled
GROUP BY day, action, channel, policy_version
SETTINGS join_use_nulls = 0
COMMENT 'Decisions by day and action: delivered, shown, accepted, and what else became of them.';
