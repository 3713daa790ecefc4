-- Who waits longer, is helped less often, or is understood less well. A cell of fewer than 11 contacts has no row, since
-- people might be recognised in it. Where the cells of a month and attribute that are left out have fewer than 11 contacts
-- together, the next larger one is left out with them, so that no sum over all of them gives one away.
-- Persons and contacts are joined by hashes of 64 bits: ids of millions take half as long again.
CREATE OR REPLACE VIEW {db}.equity
(
    `month` Date COMMENT 'First day of the month in which the contact began, in the site''s time zone (clickhouse.time_zone).',
    `attribute` LowCardinality(String) COMMENT 'language: what the patient chose, as the contact''s touchpoints say. caller: patient, or somebody for them. digital: whether the person was ever seen on the website or in the app.',
    `value` LowCardinality(String) COMMENT 'Of that attribute; not stated where nothing says.',
    `contacts` UInt64 COMMENT 'Contacts that are over; 11 or more.',
    `queued` UInt64 COMMENT 'Of them, those that stood in a queue.',
    `abandoned` UInt64 COMMENT 'Of the queued, those that hung up there.',
    `wait_seconds` Float64 COMMENT 'Time in the queue, summed over all queued.',
    `last_resort` UInt64 COMMENT 'Contacts after failed digital steps in the 24 hours before.',
    `judged` UInt64 COMMENT 'Concluded with a reason, 7 days or more before the newest contact.',
    `resolved` UInt64 COMMENT 'Of the judged, not abandoned and not followed by one for the same reason within 7 days.',
    `scored` UInt64 COMMENT 'Contacts with a prediction at their start and a reason.',
    `top_1` UInt64 COMMENT 'Of the scored, those whose reason was named first.',
    `confidence` Float64 COMMENT 'Sum of the largest probability over the scored; beside likeliest_true it shows over- or underconfidence.',
    `likeliest_true` UInt64 COMMENT 'Of the scored, those whose reason was the most probable one.',
    `offered` UInt64 COMMENT 'Contacts for which an action was delivered.',
    `accepted` UInt64 COMMENT 'Of the offered, those where one was accepted.'
)
AS SELECT month, attribute, value, n AS contacts, queued, abandoned, wait_seconds, last_resort, judged, resolved, scored, top_1, confidence, likeliest_true, offered, accepted
FROM
(
    SELECT *, sum(n) OVER (PARTITION BY month, attribute ORDER BY n, value ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) - n AS smaller
    FROM
    (
        SELECT
            month, toLowCardinality(said.1) AS attribute, toLowCardinality(said.2) AS value, count() AS n,
            countIf(k.queued) AS queued, countIf(k.abandoned) AS abandoned, sumIf(k.wait_seconds, k.queued) AS wait_seconds, countIf(k.last_resort) AS last_resort,
            countIf(k.judged) AS judged, countIf(k.resolved) AS resolved, countIf(k.scored) AS scored, countIf(k.scored AND k.rank = 1) AS top_1,
            sumIf(k.likeliest, k.scored) AS confidence, countIf(k.scored AND k.likeliest_true) AS likeliest_true,
            countIf(k.offered) AS offered, countIf(k.offered AND k.accepted) AS accepted
        FROM
        (
            SELECT
                toStartOfMonth(toDate(c.started_at, '{tz}')) AS month,
                c.queued AS queued, c.abandoned AS abandoned, c.wait_seconds AS wait_seconds, c.last_resort AS last_resort,
                r.judged AS judged, r.resolved AS resolved, s.contact != 0 AS scored, s.rank AS rank, s.likeliest AS likeliest, s.likeliest_true AS likeliest_true,
                a.offered AS offered, a.accepted AS accepted,
                if(c.self_contained, [], arraySort(arrayFilter(x -> x.1 >= c.started_at AND x.1 < c.started_at + INTERVAL 4 HOUR, l.said))) AS told,
                if(c.self_contained, toString(c.language), arrayLast(x -> x.2 != '', told).2) AS language,
                [('language', if(language = '', 'not stated', language)),
                 ('caller', if(c.relation != '' OR arrayExists(x -> x.3 != '', told), 'for the patient', 'patient')),
                 ('digital', if(cityHash64(c.person_ref) IN
                    (
                        SELECT if(p.person != 0, p.person, d.person)
                        FROM
                        (
                            SELECT cityHash64(t.shard) AS shard, any(cityHash64(t.person_ref)) AS person FROM {db}.touchpoints AS t
                            WHERE t.log = (SELECT argMax(log, set_at) FROM {db}.current WHERE name = 'attune.identified') AND t.channel IN ('web', 'app') AND t.refused = 0
                            GROUP BY shard
                        ) AS d
                        LEFT ANY JOIN (SELECT cityHash64(shard) AS shard, cityHash64(person_ref) AS person FROM {db}.current_persons) AS p ON p.shard = d.shard
                    ), 'website or app', 'neither'))] AS attributes
            -- A build without keys knew contacts by their ids.
            FROM
            (
                SELECT f.contact_id AS contact_id, cityHash64(if(f.contact_key != '', f.contact_key, f.contact_id)) AS contact, f.person_ref AS person_ref, f.started_at AS started_at, f.queued AS queued,
                       f.abandoned AS abandoned, f.wait_ms / 1000 AS wait_seconds, f.last_resort AS last_resort, f.self_contained AS self_contained, f.language AS language, f.relation AS relation
                FROM {db}.current_contact_facts AS f
                WHERE f.channel = 'call'
            ) AS c
            LEFT ANY JOIN (SELECT *, cityHash64(if(contact_key != '', contact_key, contact_id)) AS contact FROM {db}.contact_resolution) AS r ON r.contact = c.contact
            LEFT ANY JOIN (SELECT *, cityHash64(if(contact_key != '', contact_key, contact_id)) AS contact FROM {db}.scored_contacts) AS s ON s.contact = c.contact
            LEFT JOIN
            (
                SELECT cityHash64(if(k.contact_key != '', k.contact_key, k.contact_ref)) AS contact, true AS offered, max(o.accepted) AS accepted
                FROM {db}.current_actions AS k
                LEFT ANY JOIN (SELECT cityHash64(decision_id) AS decision, true AS accepted FROM {db}.outcomes WHERE outcome = 'accepted') AS o ON o.decision = cityHash64(k.decision_id)
                WHERE (k.contact_key != '' OR k.contact_ref != '') AND NOT k.cancelled AND k.delivered GROUP BY contact
            ) AS a ON a.contact = c.contact
            LEFT JOIN
            (
                -- What a contact's touchpoints say, where its fact does not: those of its id in the four hours from its beginning.
                SELECT t.contact_id AS contact_id, groupArray((t.occurred_at, toString(t.language), t.relation)) AS said
                FROM {db}.touchpoints AS t
                WHERE t.log = (SELECT argMax(log, set_at) FROM {db}.current WHERE name = 'attune.identified')
                  AND t.channel = 'call' AND t.refused = 0 AND t.contact_id != '' AND (t.language != '' OR t.relation != '')
                  AND (SELECT count() FROM {db}.contact_facts AS k WHERE NOT k.self_contained) > 0
                GROUP BY contact_id
            ) AS l ON l.contact_id = c.contact_id
        ) AS k
        ARRAY JOIN k.attributes AS said
        GROUP BY month, attribute, value
    )
)
WHERE n >= 11 AND (smaller = 0 OR smaller >= 11)
SETTINGS join_use_nulls = 0
COMMENT 'The main figures by language, caller and digital reach, by month; cells under 11 hidden.';
