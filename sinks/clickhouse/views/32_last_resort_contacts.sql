-- Digital first, then the call: what contact_facts says. Of contacts whose facts are not self-contained, as builds wrote them
-- that said less, the steps are looked up; where there is none, nothing is read for them.
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
    `same_reason_steps` UInt64 COMMENT 'Of those that are listed, those tied to the reason that the contact turned out to have.',
    `first_failed_at` DateTime64(3, 'UTC') COMMENT 'When the first of the steps that are listed failed.',
    `seconds_after_last` Float64 COMMENT 'From the last failed step to the contact.',
    `steps.at` Array(DateTime64(3, 'UTC')) COMMENT 'The failed steps, in order of time, the newest 256: when.',
    `steps.channel` Array(String) COMMENT 'Where.',
    `steps.event` Array(String) COMMENT 'What failed.',
    `steps.page` Array(String) COMMENT 'On which page or screen.',
    `steps.reason` Array(String) COMMENT 'Contact reason that it is tied to, or empty.',
    `noticed` Bool COMMENT 'An action for this contact said last resort while it was in progress.',
    `final` Bool COMMENT 'Nothing that is in time can change the row.',
    `contact_key` String COMMENT 'The contact, which no other has: ids are used again.'
)
AS SELECT
    c.contact_id AS contact_id, c.person_ref AS person_ref, c.started_at AS started_at, c.queue AS queue, c.reason AS reason, c.concluded AS disposed,
    c.queued AS queued, c.answered AS answered, c.abandoned AS abandoned, c.wait_ms / 1000 AS wait_seconds, c.failed_steps AS failed_steps,
    arrayCount(x -> x = c.reason AND x != '', c.step_reason) AS same_reason_steps,
    c.step_at[1] AS first_failed_at, dateDiff('millisecond', c.step_at[-1], c.started_at) / 1000 AS seconds_after_last,
    c.step_at AS `steps.at`, c.step_channel AS `steps.channel`, c.step_event AS `steps.event`, c.step_page AS `steps.page`, c.step_reason AS `steps.reason`,
    -- A build without keys knew contacts by their ids.
    toBool(if(c.contact_key != '', c.contact_key, c.contact_id) IN
    (
        SELECT if(a.contact_key != '', a.contact_key, a.contact_ref) FROM {db}.actions AS a
        WHERE a.log = (SELECT argMax(log, set_at) FROM {db}.current WHERE name = 'attune.identified') AND a.last_resort AND (a.contact_key != '' OR a.contact_ref != '')
    )) AS noticed,
    c.final AS final, c.contact_key AS contact_key
FROM
(
    SELECT
        f.contact_id AS contact_id, f.contact_key AS contact_key, f.person_ref AS person_ref, f.started_at AS started_at, f.queue AS queue, f.reason AS reason,
        f.concluded AS concluded, f.queued AS queued, f.answered AS answered, f.abandoned AS abandoned, f.wait_ms AS wait_ms, f.failed_steps AS failed_steps, f.final AS final,
        f.`steps.at` AS step_at, CAST(f.`steps.channel`, 'Array(String)') AS step_channel,
        arrayMap(x -> transform(x, ['search_empty', 'form_abandoned', 'handoff_refused'], ['search', 'form_abandon', 'chatbot_handoff_refused'], x), CAST(f.`steps.kind`, 'Array(String)')) AS step_event,
        CAST(f.`steps.page`, 'Array(String)') AS step_page, CAST(f.`steps.reason`, 'Array(String)') AS step_reason
    FROM {db}.current_contact_facts AS f
    WHERE f.channel = 'call' AND f.last_resort AND f.self_contained
    UNION ALL
    SELECT
        f.contact_id AS contact_id, f.contact_key AS contact_key, f.person_ref AS person_ref, f.started_at AS started_at, f.queue AS queue, f.reason AS reason,
        f.concluded AS concluded, f.queued AS queued, f.answered AS answered, f.abandoned AS abandoned, f.wait_ms AS wait_ms, f.failed_steps AS failed_steps, f.final AS final,
        arrayFilter(x -> x.1 > f.started_at - INTERVAL 24 HOUR AND x.1 <= f.started_at, s.list).1 AS step_at,
        arrayFilter(x -> x.1 > f.started_at - INTERVAL 24 HOUR AND x.1 <= f.started_at, s.list).2 AS step_channel,
        arrayFilter(x -> x.1 > f.started_at - INTERVAL 24 HOUR AND x.1 <= f.started_at, s.list).3 AS step_event,
        arrayFilter(x -> x.1 > f.started_at - INTERVAL 24 HOUR AND x.1 <= f.started_at, s.list).4 AS step_page,
        arrayFilter(x -> x.1 > f.started_at - INTERVAL 24 HOUR AND x.1 <= f.started_at, s.list).5 AS step_reason
    FROM
    (
        SELECT e.person_ref AS person_ref, arraySort(x -> (x.1, x.6), groupArray((e.occurred_at, toString(e.channel), toString(e.event), toString(e.page), toString(e.reason), e.event_id))) AS list
        FROM {db}.failed_steps AS e
        -- Of all persons it would sort and carry millions of steps that no row shows.
        WHERE e.person_ref IN (SELECT k.person_ref FROM {db}.contact_facts AS k WHERE k.last_resort AND NOT k.self_contained)
        GROUP BY e.person_ref
    ) AS s
    -- The facts are the right side, which is read first: where there is none, the left is not read.
    RIGHT JOIN {db}.current_contact_facts AS f ON s.person_ref = f.person_ref
    WHERE f.channel = 'call' AND f.last_resort AND NOT f.self_contained
) AS c
SETTINGS join_use_nulls = 0
COMMENT 'Phone contacts after failed digital steps of the same person within 24 hours, with those steps.';
