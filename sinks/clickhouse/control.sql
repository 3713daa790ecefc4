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

CREATE TABLE IF NOT EXISTS {db}.reason_codes
(
    `code` LowCardinality(String) COMMENT 'As columns reason, reasons.code and last_reason have it.',
    `name` String COMMENT 'The reason''s name, which never changes.',
    `words` String COMMENT 'The reason in words.',
    `urgent` Float64 COMMENT 'Urgency of such a contact, 0 to 1.',
    `taxonomy_version` LowCardinality(String) COMMENT 'Version of the taxonomy that says so.',
    `set_at` DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When the sink wrote it; the newest counts.'
)
ENGINE = ReplacingMergeTree(set_at)
ORDER BY code
COMMENT 'What the codes of reasons mean at this site. Read view reasons.';

CREATE TABLE IF NOT EXISTS {db}.action_codes
(
    `code` LowCardinality(String) COMMENT 'As columns action_id, action and receipt.action have it.',
    `name` String COMMENT 'The action''s name.',
    `words` String COMMENT 'The action in words; {treatment} stands for its variant.',
    `class` LowCardinality(String) COMMENT 'mandatory (no caps, no holdout), transactional (does not count against caps) or default.',
    `purpose` LowCardinality(String) COMMENT 'Purpose of consent: care, service or outreach; empty for what does not reach out.',
    `group` LowCardinality(String) COMMENT 'The site''s own grouping, for reports.',
    `policy_version` LowCardinality(String) COMMENT 'Version of the catalogue that says so.',
    `set_at` DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When the sink wrote it; the newest counts.'
)
ENGINE = ReplacingMergeTree(set_at)
ORDER BY code
COMMENT 'What the codes of actions mean at this site. Read view action_catalogue.';

CREATE TABLE IF NOT EXISTS {db}.rollups
(
    `name` LowCardinality(String) COMMENT 'Of the view whose days are kept.',
    `log` LowCardinality(String) COMMENT 'Topic UUID of the log in force then.',
    `zone` LowCardinality(String) COMMENT 'Time zone of the days.',
    `definition` String COMMENT 'Hash of what was computed: another makes all days anew.',
    `begun_at` DateTime64(3, 'UTC') COMMENT 'When a sink began last: others leave it alone meanwhile.',
    `as_of` DateTime64(3, 'UTC') COMMENT 'When the newest days were computed last.',
    `settled_at` DateTime64(3, 'UTC') COMMENT 'When all days that something had come for since were, too.',
    `whole_at` DateTime64(3, 'UTC') COMMENT 'When all days whose facts are there were.',
    `deep_at` DateTime64(3, 'UTC') COMMENT 'When one ended last that went further back than yesterday.',
    `deep_ms` UInt64 COMMENT 'How long it took, in milliseconds.',
    `set_at` DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'The newest counts.'
)
ENGINE = ReplacingMergeTree(set_at)
ORDER BY (name, log, zone)
COMMENT 'How far each roll-up has come. Read view rolled.';
