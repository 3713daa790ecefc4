-- One row per phone contact: its first touchpoint says when it began, its disposition what it was about.
CREATE OR REPLACE VIEW {db}.contacts
(
    `contact_id` String COMMENT 'The contact center''s own id.',
    `person_ref` String COMMENT 'Who, as known today.',
    `started_at` DateTime64(3, 'UTC') COMMENT 'First touchpoint of the contact.',
    `queue` LowCardinality(String) COMMENT 'Last queue or line.',
    `priority` Int32 COMMENT 'The contact center''s own priority.',
    `reason` LowCardinality(String) COMMENT 'From the disposition; empty where none has come.',
    `disposed` Bool COMMENT 'A disposition has come.',
    `queued` Bool COMMENT 'It stood in a queue.',
    `answered` Bool COMMENT 'An agent took it.',
    `abandoned` Bool COMMENT 'The caller hung up in the queue.',
    `wait_seconds` Float64 COMMENT 'Time in the queue.',
    `talk_seconds` Float64 COMMENT 'Time with the agent.'
)
AS SELECT
    j.contact_id AS contact_id,
    argMax(j.person_ref, (j.occurred_at, j.event_id)) AS person_ref,
    min(j.occurred_at) AS started_at,
    argMaxIf(j.queue, (j.occurred_at, j.event_id), j.queue != '') AS queue,
    argMax(j.priority, (j.occurred_at, j.event_id)) AS priority,
    argMaxIf(j.reason, (j.occurred_at, j.event_id), j.event = 'disposition') AS reason,
    toBool(countIf(j.event = 'disposition') > 0) AS disposed,
    toBool(countIf(j.event = 'queued' OR j.queued) > 0) AS queued,
    toBool(countIf(j.event = 'answered' OR j.answered) > 0) AS answered,
    toBool(countIf(j.event = 'abandoned' OR j.abandoned) > 0) AS abandoned,
    max(j.wait_ms) / 1000 AS wait_seconds,
    max(j.talk_ms) / 1000 AS talk_seconds
FROM {db}.journey AS j
WHERE j.channel = 'call' AND j.contact_id != ''
GROUP BY contact_id
COMMENT 'Phone contacts, one row each.';
