-- First-contact resolution is resolved_N / judged_N, the repeat rate 1 less that among those not abandoned. What began less
-- than N days before the newest contact is not judged: what becomes of it is not known yet.
CREATE OR REPLACE VIEW {db}.resolution_rates
(
    `day` Date COMMENT 'Day on which the contact began, in the site''s time zone (clickhouse.time_zone).',
    `reason` LowCardinality(String) COMMENT 'From the disposition.',
    `contacts` UInt64 COMMENT 'Concluded contacts with a reason.',
    `repeats` UInt64 COMMENT 'Of them, those of persons who had made contact for the same reason in the 7 days before.',
    `judged_1` UInt64 COMMENT 'Those that began a day or more before the newest contact.',
    `resolved_1` UInt64 COMMENT 'Of these, not abandoned, and not followed by one for the same reason within a day.',
    `judged_7` UInt64 COMMENT 'Those that began 7 days or more before the newest contact.',
    `resolved_7` UInt64 COMMENT 'Of these, not abandoned, and not followed by one for the same reason within 7 days.',
    `judged_30` UInt64 COMMENT 'Those that began 30 days or more before the newest contact.',
    `resolved_30` UInt64 COMMENT 'Of these, not abandoned, and not followed by one for the same reason within 30 days.'
)
AS SELECT
    toDate(r.started_at, '{tz}') AS day, r.reason AS reason, count() AS contacts, countIf(r.repeat) AS repeats,
    countIf(r.started_at <= newest - INTERVAL 1 DAY) AS judged_1,
    countIf(r.started_at <= newest - INTERVAL 1 DAY AND NOT r.abandoned AND r.next_at >= r.started_at + INTERVAL 1 DAY) AS resolved_1,
    countIf(r.judged) AS judged_7, countIf(r.resolved) AS resolved_7,
    countIf(r.started_at <= newest - INTERVAL 30 DAY) AS judged_30,
    countIf(r.started_at <= newest - INTERVAL 30 DAY AND NOT r.abandoned AND r.next_at >= r.started_at + INTERVAL 30 DAY) AS resolved_30
FROM (SELECT *, (SELECT max(c.started_at) FROM {db}.contacts AS c) AS newest FROM {db}.contact_resolution) AS r
GROUP BY day, reason
COMMENT 'First-contact resolution within 1, 7 and 30 days, by day and reason.';
