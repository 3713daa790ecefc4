-- How far the roll-ups have come. A figure whose facts came later than as_of is not in them yet.
CREATE OR REPLACE VIEW {db}.rolled
(
    `name` LowCardinality(String) COMMENT 'Of the view whose days are kept: rolled_ and this name shows them.',
    `as_of` DateTime64(3, 'UTC') COMMENT 'When the newest days were computed last.',
    `settled_at` DateTime64(3, 'UTC') COMMENT 'When all days that something had come for since were, too.',
    `whole_at` DateTime64(3, 'UTC') COMMENT 'When all days whose facts are there were.',
    `deep_ms` UInt64 COMMENT 'How long the last took that went further back than yesterday, in milliseconds: one in ten such times goes into them.'
)
AS SELECT r.name AS name, r.as_of AS as_of, r.settled_at AS settled_at, r.whole_at AS whole_at, r.deep_ms AS deep_ms
FROM {db}.rollups AS r FINAL
WHERE r.zone = '{tz}' AND r.as_of > '1970-01-02' AND r.log = (SELECT argMax(log, set_at) FROM {db}.current WHERE name = 'attune.identified')
COMMENT 'When each roll-up was computed last.';
