-- One row per phone contact that is over, as docs/kpis.md defines it. Contacts in progress are in journey only.
CREATE OR REPLACE VIEW {db}.contacts
(
    `contact_id` String COMMENT 'The contact center''s own id; empty where it gave none.',
    `person_ref` String COMMENT 'Who.',
    `started_at` DateTime64(3, 'UTC') COMMENT 'First touchpoint of the contact.',
    `queue` LowCardinality(String) COMMENT 'Last queue or line.',
    `priority` Int32 COMMENT 'The contact center''s own priority.',
    `reason` LowCardinality(String) COMMENT 'From the disposition; empty where none has come.',
    `disposed` Bool COMMENT 'A disposition has come: the contact is concluded.',
    `disposed_at` DateTime64(3, 'UTC') COMMENT 'When; contacts_by_reason counts the contact there.',
    `queued` Bool COMMENT 'It stood in a queue.',
    `answered` Bool COMMENT 'An agent took it.',
    `abandoned` Bool COMMENT 'The caller hung up in the queue.',
    `wait_seconds` Float64 COMMENT 'Time in the queue.',
    `talk_seconds` Float64 COMMENT 'Time with the agent.',
    `last_resort` Bool COMMENT 'Digital steps of the person had failed in the 24 hours before.',
    `failed_steps` Int32 COMMENT 'How many.',
    `repeat` Bool COMMENT 'The person had made contact for the same reason in the 7 days before.',
    `final` Bool COMMENT 'Nothing that is in time can change the row.',
    `contact_key` String COMMENT 'The contact, which no other has: ids are used again.'
)
AS SELECT
    f.contact_id AS contact_id, f.person_ref AS person_ref, f.started_at AS started_at, f.queue AS queue, f.priority AS priority,
    f.reason AS reason, f.concluded AS disposed, f.concluded_at AS disposed_at, f.queued AS queued, f.answered AS answered, f.abandoned AS abandoned,
    f.wait_ms / 1000 AS wait_seconds, f.talk_ms / 1000 AS talk_seconds,
    f.last_resort AS last_resort, f.failed_steps AS failed_steps, f.repeat AS repeat, f.final AS final, f.contact_key AS contact_key
FROM {db}.current_contact_facts AS f
WHERE f.channel = 'call'
COMMENT 'Phone contacts that are over, one row each.';
