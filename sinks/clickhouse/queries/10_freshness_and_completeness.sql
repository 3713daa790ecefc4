-- May I trust the newest numbers? How long touchpoints took from ingest to here, minute by minute, and whether the
-- windows of that hour are complete.
SELECT
    minute,
    rows,
    p50_ms,
    p99_ms,
    w.complete AS hour_complete,
    w.basis AS hour_rests_on,
    w.dropped AS hour_dropped
FROM
(
    SELECT
        toStartOfMinute(t.inserted_at) AS minute,
        max(toStartOfHour(t.occurred_at)) AS newest_hour,
        count() AS rows,
        toInt64(quantile(0.5)(dateDiff('millisecond', t.ingested_at, t.inserted_at))) AS p50_ms,
        toInt64(quantile(0.99)(dateDiff('millisecond', t.ingested_at, t.inserted_at))) AS p99_ms
    FROM attune.touchpoints AS t
    GROUP BY minute
    ORDER BY minute DESC
    LIMIT 15
) AS f
LEFT JOIN (SELECT * FROM attune.window_completeness WHERE aggregate = 'contacts') AS w ON w.window_start = f.newest_hour
ORDER BY minute DESC
