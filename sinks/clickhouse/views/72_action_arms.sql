-- An experiment's arms by day of the decision: of the persons about whom the draw decided, how many made contact afterwards. They
-- add up, which the interval of action_lift does not.
CREATE OR REPLACE VIEW {db}.action_arms
(
    `day` Date COMMENT 'Day of the decision in the site''s time zone (clickhouse.time_zone).',
    `action` LowCardinality(String) COMMENT 'Catalogue id of the action that one arm got and the other did not.',
    `policy_version` LowCardinality(String) COMMENT 'Catalogue and rules.',
    `treated` UInt64 COMMENT 'Decisions of the arm treatment, 7 days or more before the newest contact.',
    `treated_contacts` UInt64 COMMENT 'Of them, those whose person began a contact in the 7 days after.',
    `held_out` UInt64 COMMENT 'The same of the arm holdout.',
    `held_out_contacts` UInt64 COMMENT 'Of them, those whose person began a contact in the 7 days after.'
)
AS SELECT
    day, action, policy_version,
    countIf(arm = 'treatment') AS treated, countIf(arm = 'treatment' AND called) AS treated_contacts, countIf(arm = 'holdout') AS held_out, countIf(arm = 'holdout' AND called) AS held_out_contacts
FROM
(
    SELECT toDate(a.as_of, '{tz}') AS day, toLowCardinality(a.exposed) AS action, a.policy_version AS policy_version, a.arm AS arm,
           arrayExists(x -> x > a.as_of AND x <= a.as_of + INTERVAL 7 DAY, k.starts) AS called
    FROM {db}.current_actions AS a
    LEFT JOIN (SELECT c.person_ref AS person_ref, groupArray(c.started_at) AS starts FROM {db}.contacts AS c GROUP BY person_ref) AS k ON k.person_ref = a.person_ref
    WHERE a.exposed != '' AND a.as_of <= (SELECT max(c.started_at) FROM {db}.contacts AS c) - INTERVAL 7 DAY
)
GROUP BY day, action, policy_version
SETTINGS join_use_nulls = 0
COMMENT 'Treated and held out, and how many of each made contact, by day of the decision.';
