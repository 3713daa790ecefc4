-- Digital first, then the call. Which contacts these are, and after how many failed steps, is what contact_facts says;
-- the steps themselves are looked up here.
CREATE OR REPLACE VIEW {db}.last_resort_contacts
(
    `contact_id` String COMMENT 'The contact center''s own id.',
    `person_ref` String COMMENT 'Who.',
    `started_at` DateTime64(3, 'UTC') COMMENT 'When the contact began.',
    `queue` LowCardinality(String) COMMENT 'Last queue or line.',
    `reason` LowCardinality(String) COMMENT 'From the disposition; empty where none has come.',
    `disposed` Bool COMMENT 'A disposition has come: contacts_by_reason counts those that have one.',
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
    `noticed` Bool COMMENT 'An action for this contact said last resort while it was in progress.',
    `final` Bool COMMENT 'Nothing that is in time can change the row.',
    `contact_key` String COMMENT 'The contact, which no other has: ids are used again.'
)
AS SELECT
    c.contact_id AS contact_id, c.person_ref AS person_ref, c.started_at AS started_at, c.queue AS queue, c.reason AS reason, c.disposed AS disposed,
    c.queued AS queued, c.answered AS answered, c.abandoned AS abandoned, c.wait_seconds AS wait_seconds, c.failed_steps AS failed_steps,
    arrayFilter(x -> x.1 > c.started_at - INTERVAL 24 HOUR AND x.1 <= c.started_at, s.list) AS steps,
    arrayCount(x -> x.5 = c.reason AND x.5 != '', steps) AS same_reason_steps,
    steps[1].1 AS first_failed_at, dateDiff('millisecond', steps[-1].1, c.started_at) / 1000 AS seconds_after_last,
    steps.1 AS `steps.at`, steps.2 AS `steps.channel`, steps.3 AS `steps.event`, steps.4 AS `steps.page`, steps.5 AS `steps.reason`,
    -- A build without keys knew contacts by their ids.
    toBool(if(c.contact_key != '', c.contact_key, c.contact_id) IN
    (
        SELECT if(a.contact_key != '', a.contact_key, a.contact_ref) FROM {db}.actions AS a
        WHERE a.log = (SELECT argMax(log, set_at) FROM {db}.current WHERE name = 'attune.identified') AND a.last_resort AND (a.contact_key != '' OR a.contact_ref != '')
    )) AS noticed,
    c.final AS final, c.contact_key AS contact_key
FROM {db}.contacts AS c
LEFT JOIN
(
    SELECT f.person_ref AS person_ref, arraySort(x -> (x.1, x.6), groupArray((f.occurred_at, toString(f.channel), toString(f.event), toString(f.page), toString(f.reason), f.event_id))) AS list
    FROM {db}.failed_steps AS f
    -- Of all persons it would sort and carry millions of steps that no row shows.
    WHERE f.person_ref IN (SELECT person_ref FROM {db}.contacts WHERE last_resort)
    GROUP BY f.person_ref
) AS s ON s.person_ref = c.person_ref
WHERE c.last_resort
SETTINGS join_use_nulls = 0
COMMENT 'Phone contacts after failed digital steps of the same person within 24 hours, with those steps.';
