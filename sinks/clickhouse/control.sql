-- Tables that say how to read the others. {db} stands for the database.

CREATE TABLE IF NOT EXISTS {db}.current
(
    `name` LowCardinality(String) COMMENT 'What is meant; attune.identified for now.',
    `log` String COMMENT 'Topic UUID of the one in force: views show rows computed from it and no others.',
    `set_at` DateTime64(3, 'UTC') COMMENT 'Since when; the newest counts.'
)
ENGINE = ReplacingMergeTree(set_at)
ORDER BY name
COMMENT 'Which log the views show. A reprocessed history is written beside the old one, and a new row here switches over at once.';

CREATE TABLE IF NOT EXISTS {db}.schema_version
(
    `part` LowCardinality(String) COMMENT 'tables or views.',
    `version` UInt32 COMMENT 'Version of their definitions; a sink refuses a database of a newer version than its own.',
    `fingerprint` String COMMENT 'Hash of their definitions: views are replaced where it differs.',
    `applied_at` DateTime64(3, 'UTC') COMMENT 'When that was applied; the newest counts.'
)
ENGINE = ReplacingMergeTree(applied_at)
ORDER BY part
COMMENT 'Which definitions this database was made with.';
