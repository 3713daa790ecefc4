-- Both touchpoints are of one person, of one day of the site, and nothing of the person lies between them. Facts of the
-- health record are not the patient's doing, and no part of it.
CREATE OR REPLACE VIEW {db}.channel_switches
(
    `day` Date COMMENT 'Day in the site''s time zone (clickhouse.time_zone).',
    `from_channel` LowCardinality(String) COMMENT 'Channel of the earlier touchpoint.',
    `to_channel` LowCardinality(String) COMMENT 'Channel of the next one; the same where nothing was switched.',
    `touchpoints` UInt64 COMMENT 'How often.',
    `seconds` Float64 COMMENT 'Time between them, summed.'
)
AS SELECT day, toLowCardinality(pair.1) AS from_channel, toLowCardinality(pair.2) AS to_channel, count() AS touchpoints, sum(pair.3) AS seconds
FROM
(
    SELECT
        day, person_ref, arraySort(groupArray((f.at, f.event_id, f.channel))) AS list,
        arrayMap((a, b) -> (a.3, b.3, dateDiff('millisecond', a.1, b.1) / 1000), arrayPopBack(list), arrayPopFront(list)) AS pairs
    FROM
    (
        SELECT toDate(t.occurred_at, '{tz}') AS day, t.occurred_at AS at, t.event_id AS event_id, toString(t.channel) AS channel, if(p.person_ref != '', p.person_ref, t.person_ref) AS person_ref
        FROM {db}.current_touchpoints AS t
        LEFT JOIN {db}.current_persons AS p ON p.shard = t.shard
        WHERE t.channel IN ('web', 'app', 'call')
    ) AS f
    GROUP BY day, person_ref
)
ARRAY JOIN pairs AS pair
GROUP BY day, from_channel, to_channel
SETTINGS join_use_nulls = 0
COMMENT 'From which channel to which patients went next, and how soon.';
