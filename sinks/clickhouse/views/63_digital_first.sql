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
        -- Seconds since the last step for the reason; never is longer than a day.
        arrayMin(arrayConcat(arrayMap(x -> dateDiff('millisecond', x.1, k.started_at) / 1000, arrayFilter(x -> x.2 = toString(k.reason) AND x.1 <= k.started_at, s.list)), [1e9])) AS since,
        -- A build without keys knew contacts by their ids.
        if(k.contact_key != '', k.contact_key, k.contact_id) IN
        (
            SELECT if(a.contact_key != '', a.contact_key, a.contact_ref) FROM {db}.actions AS a
            WHERE a.log = (SELECT argMax(log, set_at) FROM {db}.current WHERE name = 'attune.identified') AND (a.contact_key != '' OR a.contact_ref != '')
              AND a.decision_id IN (SELECT o.decision_id FROM {db}.outcomes AS o WHERE o.outcome IN ('shown', 'accepted', 'rejected', 'ignored', 'overridden'))
        ) AS shown
    FROM {db}.contacts AS k
    LEFT JOIN
    (
        SELECT if(p.person_ref != '', p.person_ref, d.said.1) AS person_ref, groupArray((d.at, d.said.3)) AS list
        FROM
        (
            SELECT t.occurred_at AS at, t.event_id AS event_id, argMax((t.person_ref, t.shard, toString(t.reason), t.refused), t.version) AS said, said.2 AS shard
            FROM {db}.touchpoints AS t
            WHERE t.log = (SELECT argMax(log, set_at) FROM {db}.current WHERE name = 'attune.identified') AND t.channel IN ('web', 'app') AND t.reason != ''
            GROUP BY t.channel, at, event_id
            HAVING said.4 = 0
        ) AS d
        LEFT JOIN {db}.current_persons AS p ON p.shard = d.shard
        GROUP BY person_ref
    ) AS s ON s.person_ref = k.person_ref
    WHERE k.disposed AND k.reason != ''
) AS c
GROUP BY day, reason
SETTINGS join_use_nulls = 0
COMMENT 'Calls after digital steps for the same reason, by day and reason.';
