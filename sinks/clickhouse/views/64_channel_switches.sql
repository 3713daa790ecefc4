-- Both touchpoints are of one person, of one day of the site, and nothing of the person lies between them; those of one time
-- are in the order of their channels' names. Facts of the health record are not the patient's doing, and no part of it.
--
-- Millions are sorted by person, so each is one number: 27 bits of milliseconds of the day, 2 of the channel, and 35 of the
-- hash of what makes a touchpoint itself, by which copies of it fall together. FINAL would take as long as all the rest.
CREATE OR REPLACE VIEW {db}.channel_switches
(
    `day` Date COMMENT 'Day in the site''s time zone (clickhouse.time_zone).',
    `from_channel` LowCardinality(String) COMMENT 'Channel of the earlier touchpoint.',
    `to_channel` LowCardinality(String) COMMENT 'Channel of the next one; the same where nothing was switched.',
    `touchpoints` UInt64 COMMENT 'How often.',
    `seconds` Float64 COMMENT 'Time between them, summed.'
)
AS SELECT
    day, toLowCardinality(['app', 'call', 'web'][bitAnd(bitShiftRight(pair, 2), 3)]) AS from_channel, toLowCardinality(['app', 'call', 'web'][bitAnd(pair, 3)]) AS to_channel,
    count() AS touchpoints, sum(bitShiftRight(pair, 4)) / 1000 AS seconds
FROM
(
    -- A pair is the milliseconds between, the channel before and the one after.
    SELECT
        day, person, arrayMap(x -> bitShiftRight(x, 35), arrayCompact(arraySort(groupArray(moment)))) AS list,
        arrayJoin(arrayMap((a, b) -> bitOr(bitShiftLeft(bitShiftRight(b, 2) - bitShiftRight(a, 2), 4), bitOr(bitShiftLeft(bitAnd(a, 3), 2), bitAnd(b, 3))), arrayPopBack(list), arrayPopFront(list))) AS pair
    FROM
    (
        SELECT f.day AS day, f.moment AS moment, if(p.person != 0, p.person, f.person) AS person
        FROM
        (
            SELECT
                toDate(t.occurred_at, '{tz}') AS day, cityHash64(t.shard) AS shard, cityHash64(t.person_ref) AS person, cityHash64(t.channel, t.occurred_at, t.event_id) AS itself,
                toUInt64(toUnixTimestamp64Milli(t.occurred_at) - 1000 * toUnixTimestamp(toStartOfDay(t.occurred_at, '{tz}'))) AS ms,
                bitOr(bitShiftLeft(ms, 37), bitOr(bitShiftLeft(toUInt64(transform(t.channel, ['app', 'call', 'web'], [1, 2, 3], 0)), 35), bitShiftRight(itself, 29))) AS moment
            FROM {db}.touchpoints AS t
            WHERE t.log = (SELECT argMax(log, set_at) FROM {db}.current WHERE name = 'attune.identified') AND t.channel IN ('web', 'app', 'call')
              AND itself NOT IN
              (
                  SELECT cityHash64(r.channel, r.occurred_at, r.event_id) FROM {db}.touchpoints AS r
                  WHERE r.log = (SELECT argMax(log, set_at) FROM {db}.current WHERE name = 'attune.identified') AND r.refused = 1
              )
        ) AS f
        LEFT ANY JOIN (SELECT cityHash64(shard) AS shard, cityHash64(person_ref) AS person FROM {db}.current_persons) AS p ON p.shard = f.shard
    )
    GROUP BY day, person
)
GROUP BY day, from_channel, to_channel
SETTINGS join_use_nulls = 0
COMMENT 'From which channel to which patients went next, and how soon.';
