-- Whether the data can be trusted: how much came, how fast, and what was wrong with it. Hours are those in which it happened, by
-- which tables are ordered: a day of them costs a day's rows. Of the copies of a touchpoint FINAL leaves the first: a second
-- way through, after a link, says nothing of the sources.
CREATE OR REPLACE VIEW {db}.data_by_hour
(
    `hour` DateTime('{tz}') COMMENT 'Hour in which it happened, in the site''s time zone (clickhouse.time_zone).',
    `channel` LowCardinality(String) COMMENT 'Where it happened.',
    `touchpoints` UInt64 COMMENT 'Touchpoints accepted.',
    `refused` UInt64 COMMENT 'Others that a later role refused; touchpoints.rejected says why.',
    `conflicts` UInt64 COMMENT 'Of those accepted, touchpoints whose identifiers name two persons.',
    `anonymous` UInt64 COMMENT 'Those whose person nobody knew yet: their identifier had no owner.',
    `delay_p50` Float64 COMMENT 'Median of the seconds from the touchpoint to INGEST.',
    `delay_p99` Float64 COMMENT '99th percentile of that; sources that send in batches show here.',
    `latency_p50` Float64 COMMENT 'Median of the seconds from INGEST to this database.',
    `latency_p95` Float64 COMMENT '95th percentile of that.',
    `latency_p99` Float64 COMMENT '99th percentile of that.',
    `newest` DateTime64(3, 'UTC') COMMENT 'Event time of the newest.'
)
AS SELECT
    hour, channel, sum(accepted) AS touchpoints, sum(gone) AS refused, sum(f.conflicts) AS conflicts, sum(f.anonymous) AS anonymous,
    -- The refused have no delays; where all are, there is none.
    if(touchpoints = 0, nan, max(delay[1])) AS delay_p50, if(touchpoints = 0, nan, max(delay[2])) AS delay_p99,
    if(touchpoints = 0, nan, max(latency[1])) AS latency_p50, if(touchpoints = 0, nan, max(latency[2])) AS latency_p95, if(touchpoints = 0, nan, max(latency[3])) AS latency_p99,
    max(last) AS newest
FROM
(
    SELECT
        toStartOfHour(t.occurred_at, '{tz}') AS hour, t.channel AS channel, count() AS accepted, 0 AS gone, countIf(t.identity_conflict) AS conflicts, countIf(t.epoch = 0) AS anonymous,
        quantilesTDigest(0.5, 0.99)(dateDiff('millisecond', t.occurred_at, t.ingested_at) / 1000) AS delay,
        quantilesTDigest(0.5, 0.95, 0.99)(dateDiff('millisecond', t.ingested_at, t.inserted_at) / 1000) AS latency, max(t.occurred_at) AS last
    FROM {db}.touchpoints AS t FINAL
    WHERE t.log = (SELECT argMax(log, set_at) FROM {db}.current WHERE name = 'attune.identified')
    GROUP BY hour, channel
    UNION ALL
    SELECT toStartOfHour(r.at, '{tz}') AS hour, r.channel AS channel, 0 AS accepted, count() AS gone, 0 AS conflicts, 0 AS anonymous, [] AS delay, [] AS latency, max(r.at) AS last
    FROM
    (
        SELECT DISTINCT t.channel AS channel, t.occurred_at AS at, t.event_id AS event_id
        FROM {db}.touchpoints AS t
        WHERE t.log = (SELECT argMax(log, set_at) FROM {db}.current WHERE name = 'attune.identified') AND t.refused = 1
    ) AS r
    GROUP BY hour, channel
) AS f
GROUP BY hour, channel
COMMENT 'What came in, how fast, and what was wrong with it, by hour of the event and channel.';
