-- Whether the data can be trusted: how much came, how fast, and what was wrong with it. Hours are those in which it happened, by
-- which tables are ordered: a day of them costs a day's rows.
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
    toStartOfHour(f.at, '{tz}') AS hour, f.channel AS channel, countIf(f.ok) AS touchpoints, countIf(NOT f.ok) AS refused,
    countIf(f.ok AND f.first.3) AS conflicts, countIf(f.ok AND f.first.4 = 0) AS anonymous,
    quantileTDigestIf(0.5)(dateDiff('millisecond', f.at, f.first.1) / 1000, f.ok) AS delay_p50, quantileTDigestIf(0.99)(dateDiff('millisecond', f.at, f.first.1) / 1000, f.ok) AS delay_p99,
    quantileTDigestIf(0.5)(f.first.2, f.ok) AS latency_p50, quantileTDigestIf(0.95)(f.first.2, f.ok) AS latency_p95, quantileTDigestIf(0.99)(f.first.2, f.ok) AS latency_p99,
    max(f.at) AS newest
FROM
(
    -- Of the copies of a touchpoint the first to arrive: a second way through, after a link, says nothing of the sources.
    SELECT
        t.channel AS channel, t.occurred_at AS at, t.event_id AS event_id,
        argMin((t.ingested_at, dateDiff('millisecond', t.ingested_at, t.inserted_at) / 1000, t.identity_conflict, t.epoch), t.inserted_at) AS first,
        argMax(t.refused, t.version) = 0 AS ok
    FROM {db}.touchpoints AS t
    WHERE t.log = (SELECT argMax(log, set_at) FROM {db}.current WHERE name = 'attune.identified')
    GROUP BY channel, at, event_id
) AS f
GROUP BY hour, channel
COMMENT 'What came in, how fast, and what was wrong with it, by hour of the event and channel.';
