-- Sums over partitions; persons too, since each person is on one partition. Abandonment is abandoned / queued. Mean wait
-- is wait_seconds / queued (all that queued) or wait_answered_seconds / answered.
CREATE OR REPLACE VIEW {db}.contacts_by_reason
(
    `hour` DateTime('UTC') COMMENT 'Hour in which their outcome became known, UTC.',
    `window_start` DateTime('UTC') COMMENT 'Window in which it did: where aggregate.contacts_size is 15 minutes, hours and days of any zone can be made of it.',
    `channel` LowCardinality(String) COMMENT 'Channel of the contact.',
    `reason` LowCardinality(String) COMMENT 'Contact reason, from the disposition.',
    `priority` Int32 COMMENT 'The contact center''s own priority.',
    `contacts` Int64 COMMENT 'Contacts whose outcome became known.',
    `queued` Int64 COMMENT 'Of them, those that stood in a queue.',
    `abandoned` Int64 COMMENT 'Of the queued, those that hung up there.',
    `answered` Int64 COMMENT 'Contacts that an agent took.',
    `wait_seconds` Float64 COMMENT 'Time in queue, summed over all that queued.',
    `wait_answered_seconds` Float64 COMMENT 'Time in queue, summed over those answered.',
    `talk_seconds` Float64 COMMENT 'Time with agents, summed.',
    `last_resort` Int64 COMMENT 'Contacts after failed digital attempts.',
    `failed_steps` Int64 COMMENT 'Failed digital steps before them.',
    `repeats` Int64 COMMENT 'Contacts of persons who had made contact for the same reason in the 7 days before.',
    `persons` Int64 COMMENT 'Distinct persons; do not sum over hours, reasons or priorities.'
)
AS SELECT
    toStartOfHour(a.window_start) AS hour, toDateTime(a.window_start) AS window_start, a.channel AS channel, a.reason AS reason, a.priority AS priority,
    sum(a.contacts) AS contacts, sum(a.queued) AS queued, sum(a.abandoned) AS abandoned, sum(a.answered) AS answered,
    sum(a.wait_ms) / 1000 AS wait_seconds, sum(a.wait_answered_ms) / 1000 AS wait_answered_seconds, sum(a.talk_ms) / 1000 AS talk_seconds,
    sum(a.last_resort) AS last_resort, sum(a.failed_steps) AS failed_steps, sum(a.repeats) AS repeats, sum(a.persons) AS persons
FROM {db}.current_aggregates AS a
WHERE a.aggregate = 'contacts'
GROUP BY hour, window_start, channel, reason, priority
HAVING contacts != 0
COMMENT 'Contacts per hour, channel, reason and priority.';
