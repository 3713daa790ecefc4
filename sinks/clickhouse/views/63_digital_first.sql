-- Digital first, then the call: before how many calls the person had been on the website or in the app about the same reason,
-- failed or not. The last-resort index is failed_steps / contacts.
CREATE OR REPLACE VIEW {db}.digital_first
(
    `day` Date COMMENT 'Day on which the contact began, in the site''s time zone (clickhouse.time_zone).',
    `reason` LowCardinality(String) COMMENT 'From the disposition.',
    `contacts` UInt64 COMMENT 'Concluded contacts with a reason.',
    `digital_15m` UInt64 COMMENT 'Of them, those before which the person had taken a digital step for the same reason within 15 minutes.',
    `digital_2h` UInt64 COMMENT 'The same within 2 hours.',
    `digital_24h` UInt64 COMMENT 'The same within 24 hours.',
    `shown` UInt64 COMMENT 'Of those within 24 hours, contacts of which an agent was shown an action.',
    `last_resort` UInt64 COMMENT 'Contacts with failed steps in the 24 hours before, for whatever reason.',
    `failed_steps` UInt64 COMMENT 'How many, summed.'
)
AS SELECT
    toDate(c.started_at, '{tz}') AS day, c.reason AS reason, count() AS contacts,
    countIf(since <= 900) AS digital_15m, countIf(since <= 7200) AS digital_2h, countIf(since <= 86400) AS digital_24h,
    countIf(since <= 86400 AND c.shown) AS shown, countIf(c.last_resort) AS last_resort, sum(c.failed_steps) AS failed_steps
FROM
(
    SELECT
        k.started_at AS started_at, k.reason AS reason, k.last_resort AS last_resort, k.failed_steps AS failed_steps,
        -- Seconds since the last step for the reason; without one since 1970, which is longer than a day.
        dateDiff('millisecond', k.at, k.started_at) / 1000 AS since,
        -- A build without keys knew contacts by their ids.
        if(k.contact_key != '', k.contact_key, k.contact_id) IN
        (
            -- A join: of IN, the server would hold each of the ids against the primary key.
            SELECT if(a.contact_key != '', a.contact_key, a.contact_ref) FROM {db}.actions AS a
            LEFT SEMI JOIN {db}.outcomes AS o ON o.decision_id = a.decision_id AND o.outcome IN ('shown', 'accepted', 'rejected', 'ignored', 'overridden')
            WHERE a.log = (SELECT argMax(log, set_at) FROM {db}.current WHERE name = 'attune.identified') AND (a.contact_key != '' OR a.contact_ref != '')
        ) AS shown
    FROM
    (
        SELECT f.contact_id AS contact_id, f.contact_key AS contact_key, f.started_at AS started_at, toString(f.reason) AS reason, f.last_resort AS last_resort,
               f.failed_steps AS failed_steps, f.digital_at AS at
        FROM {db}.current_contact_facts AS f
        WHERE f.channel = 'call' AND f.concluded AND f.reason != '' AND f.self_contained
        UNION ALL
        -- Of facts of a build that said less the steps are looked up; where there is none, nothing is read.
        SELECT f.contact_id AS contact_id, f.contact_key AS contact_key, f.started_at AS started_at, toString(f.reason) AS reason, f.last_resort AS last_resort,
               f.failed_steps AS failed_steps, s.at AS at
        FROM
        (
            SELECT * FROM {db}.current_contact_facts AS f
            WHERE f.channel = 'call' AND f.concluded AND f.reason != '' AND NOT f.self_contained
        ) AS f
        ASOF LEFT JOIN
        (
            -- Of copies of a touchpoint all say the same; but a refused one may have a copy that is older and was not.
            SELECT if(p.person_ref != '', p.person_ref, t.person_ref) AS person_ref, toString(t.reason) AS reason, t.occurred_at AS at
            FROM {db}.touchpoints AS t
            LEFT JOIN (SELECT * FROM {db}.current_persons WHERE (SELECT count() FROM {db}.contact_facts AS k WHERE NOT k.self_contained) > 0) AS p ON p.shard = t.shard
            WHERE t.log = (SELECT argMax(log, set_at) FROM {db}.current WHERE name = 'attune.identified') AND t.channel IN ('web', 'app') AND t.reason != ''
              AND t.event_id NOT IN (SELECT r.event_id FROM {db}.touchpoints AS r WHERE r.refused = 1 AND (SELECT count() FROM {db}.contact_facts AS k WHERE NOT k.self_contained) > 0)
              AND t.occurred_at >= (SELECT min(k.started_at) FROM {db}.contact_facts AS k WHERE NOT k.self_contained) - INTERVAL 24 HOUR
              AND t.occurred_at <= (SELECT max(k.started_at) FROM {db}.contact_facts AS k WHERE NOT k.self_contained)
        ) AS s ON s.person_ref = f.person_ref AND s.reason = toString(f.reason) AND s.at <= f.started_at
    ) AS k
) AS c
GROUP BY day, reason
SETTINGS join_use_nulls = 0
COMMENT 'Calls after digital steps for the same reason, by day and reason.';
