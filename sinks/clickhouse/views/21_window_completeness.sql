-- A partition with no record in a window has no row in aggregates, so partitions counts those with data.
CREATE OR REPLACE VIEW {db}.window_completeness
(
    `aggregate` LowCardinality(String) COMMENT 'Name of the aggregate.',
    `window_start` DateTime64(3, 'UTC') COMMENT 'Event time, inclusive.',
    `window_end` DateTime64(3, 'UTC') COMMENT 'Event time, exclusive.',
    `partitions` UInt64 COMMENT 'Partitions that had something in the window.',
    `open_partitions` UInt64 COMMENT 'Of them, those whose watermark had not passed its end: their figures are early.',
    `complete` Bool COMMENT 'No partition is open.',
    `basis` LowCardinality(String) COMMENT 'The weakest that a watermark rested on: real, idle (a silent source was left out) or forced (the input was ended).',
    `watermark` DateTime64(3, 'UTC') COMMENT 'Lowest watermark at the last emission.',
    `touchpoints` Int64 COMMENT 'Touchpoints in the window.',
    `late` Int64 COMMENT 'Late records taken into the window.',
    `dropped` Int64 COMMENT 'Late records beyond allowed lateness, left out.',
    `corrected` UInt64 COMMENT 'Rows whose newest version a late record caused.',
    `last_seen` DateTime64(3, 'UTC') COMMENT 'Wall clock when the newest version arrived here.'
)
AS SELECT
    a.aggregate AS aggregate, a.window_start AS window_start, a.window_end AS window_end,
    uniqExact(a.partition) AS partitions,
    uniqExactIf(a.partition, a.watermark < a.window_end) AS open_partitions,
    toBool(open_partitions = 0) AS complete,
    ['unknown', 'forced', 'idle', 'real'][min(indexOf(['unknown', 'forced', 'idle', 'real'], toString(a.basis)))] AS basis,
    min(a.watermark) AS watermark, sum(a.touchpoints) AS touchpoints, sum(a.late) AS late, sum(a.dropped) AS dropped,
    countIf(a.pane = 'late') AS corrected, max(a.inserted_at) AS last_seen
FROM {db}.aggregates AS a FINAL
WHERE log = (SELECT argMax(log, set_at) FROM {db}.current WHERE name = 'attune.identified')
GROUP BY aggregate, window_start, window_end
COMMENT 'How complete each window is.';
