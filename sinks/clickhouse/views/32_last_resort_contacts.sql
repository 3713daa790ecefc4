-- Digital first, then the call: failed digital steps of the same person in the 24 hours before a contact.
CREATE OR REPLACE VIEW {db}.last_resort_contacts
(
    `contact_id` String COMMENT 'The contact center''s own id.',
    `person_ref` String COMMENT 'Who, as known today.',
    `started_at` DateTime64(3, 'UTC') COMMENT 'When the contact began.',
    `queue` LowCardinality(String) COMMENT 'Last queue or line.',
    `reason` LowCardinality(String) COMMENT 'From the disposition; empty where none has come.',
    `queued` Bool COMMENT 'It stood in a queue.',
    `answered` Bool COMMENT 'An agent took it.',
    `abandoned` Bool COMMENT 'The caller hung up in the queue.',
    `wait_seconds` Float64 COMMENT 'Time in the queue.',
    `failed_steps` UInt64 COMMENT 'How many digital steps had failed.',
    `same_reason_steps` UInt64 COMMENT 'Of them, those tied to the reason that the contact turned out to have.',
    `first_failed_at` DateTime64(3, 'UTC') COMMENT 'When the first failed.',
    `seconds_after_last` Float64 COMMENT 'From the last failed step to the contact.',
    `steps.at` Array(DateTime64(3, 'UTC')) COMMENT 'The failed steps, in order of time: when.',
    `steps.channel` Array(String) COMMENT 'Where.',
    `steps.event` Array(String) COMMENT 'What failed.',
    `steps.page` Array(String) COMMENT 'On which page or screen.',
    `steps.reason` Array(String) COMMENT 'Contact reason that it is tied to, or empty.',
    `noticed` Bool COMMENT 'An action for this contact said last resort while it was in progress.'
)
AS WITH pairs AS
(
    SELECT c.contact_id AS contact_id, f.occurred_at AS at, f.channel AS channel, f.event AS event, f.page AS page, f.reason AS reason, f.event_id AS event_id,
           c.reason != '' AND f.reason = c.reason AS same
    FROM {db}.contacts AS c
    INNER JOIN {db}.failed_steps AS f ON f.person_ref = c.person_ref
    WHERE f.occurred_at <= c.started_at AND f.occurred_at >= c.started_at - INTERVAL 24 HOUR
),
steps AS
(
    SELECT contact_id, countIf(same) AS same_reason_steps,
           arraySort(groupArray((at, event_id, channel, event, page, reason))) AS list
    FROM pairs GROUP BY contact_id
)
SELECT
    c.contact_id AS contact_id, c.person_ref AS person_ref, c.started_at AS started_at, c.queue AS queue, c.reason AS reason,
    c.queued AS queued, c.answered AS answered, c.abandoned AS abandoned, c.wait_seconds AS wait_seconds,
    length(s.list) AS failed_steps, s.same_reason_steps AS same_reason_steps, s.list[1].1 AS first_failed_at,
    dateDiff('millisecond', s.list[-1].1, c.started_at) / 1000 AS seconds_after_last,
    s.list.1 AS `steps.at`, s.list.3 AS `steps.channel`, s.list.4 AS `steps.event`, s.list.5 AS `steps.page`, s.list.6 AS `steps.reason`,
    toBool(c.contact_id IN (SELECT contact_ref FROM {db}.current_actions WHERE last_resort AND contact_ref != '')) AS noticed
FROM {db}.contacts AS c
INNER JOIN steps AS s ON s.contact_id = c.contact_id
COMMENT 'Phone contacts after failed digital steps of the same person within 24 hours, with those steps.';
