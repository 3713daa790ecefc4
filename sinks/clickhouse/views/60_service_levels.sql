-- Contacts that stood in a queue. Service level is answered_in_N / (answered + abandoned_after_N); mean speed of answer is
-- wait_answered_seconds / answered; docs/kpis.md sets each beside what contact centers call so.
CREATE OR REPLACE VIEW {db}.service_levels
(
    `hour` DateTime('{tz}') COMMENT 'Hour in which the contact began, in the site''s time zone (clickhouse.time_zone).',
    `queue` LowCardinality(String) COMMENT 'Last queue or line.',
    `reason` LowCardinality(String) COMMENT 'From the disposition; empty where none has come.',
    `offered` UInt64 COMMENT 'Contacts that stood in a queue and are over.',
    `answered` UInt64 COMMENT 'Of them, those that an agent took.',
    `abandoned` UInt64 COMMENT 'Those that hung up there.',
    `abandoned_short` UInt64 COMMENT 'Of the abandoned, those that had waited for less than 10 s.',
    `answered_in_20` UInt64 COMMENT 'Answered after at most 20 s.',
    `answered_in_30` UInt64 COMMENT 'Answered after at most 30 s.',
    `answered_in_120` UInt64 COMMENT 'Answered after at most 120 s.',
    `abandoned_after_20` UInt64 COMMENT 'Abandoned after more than 20 s.',
    `abandoned_after_30` UInt64 COMMENT 'Abandoned after more than 30 s.',
    `abandoned_after_120` UInt64 COMMENT 'Abandoned after more than 120 s.',
    `wait_seconds` Float64 COMMENT 'Time in the queue, summed over all offered.',
    `wait_answered_seconds` Float64 COMMENT 'The same, summed over those answered.',
    `longest_wait_seconds` Float64 COMMENT 'The longest; do not sum.',
    `talk_seconds` Float64 COMMENT 'Time with agents, summed over those answered; holds and work after the call are in no touchpoint.',
    `last_resort` UInt64 COMMENT 'Contacts after failed digital steps in the 24 hours before.',
    `failed_steps` UInt64 COMMENT 'How many steps had failed before them, summed.',
    `repeats` UInt64 COMMENT 'Contacts of persons who had made contact for the same reason in the 7 days before.'
)
AS SELECT
    toStartOfHour(c.started_at, '{tz}') AS hour, c.queue AS queue, c.reason AS reason,
    count() AS offered, countIf(c.answered) AS answered, countIf(c.abandoned) AS abandoned, countIf(c.abandoned AND c.wait_seconds < 10) AS abandoned_short,
    countIf(c.answered AND c.wait_seconds <= 20) AS answered_in_20, countIf(c.answered AND c.wait_seconds <= 30) AS answered_in_30,
    countIf(c.answered AND c.wait_seconds <= 120) AS answered_in_120,
    countIf(c.abandoned AND c.wait_seconds > 20) AS abandoned_after_20, countIf(c.abandoned AND c.wait_seconds > 30) AS abandoned_after_30,
    countIf(c.abandoned AND c.wait_seconds > 120) AS abandoned_after_120,
    sum(c.wait_seconds) AS wait_seconds, sumIf(c.wait_seconds, c.answered) AS wait_answered_seconds, max(c.wait_seconds) AS longest_wait_seconds,
    sumIf(c.talk_seconds, c.answered) AS talk_seconds, countIf(c.last_resort) AS last_resort, sum(c.failed_steps) AS failed_steps, countIf(c.repeat) AS repeats
FROM {db}.contacts AS c
WHERE c.queued
GROUP BY hour, queue, reason
COMMENT 'Offered, answered, abandoned and waits by hour, queue and reason.';
