-- Generated from the .avsc files by internal/chgen. DO NOT EDIT.
-- {db} stands for the database.

CREATE OR REPLACE VIEW {db}.current_outcomes
(
    `event_id` String COMMENT 'Unique for ever.',
    `decision_id` String COMMENT 'The decision it answers.',
    `person_ref` String COMMENT 'As the action named the person.',
    `occurred_at` DateTime64(3, 'UTC') COMMENT 'Event time.',
    `outcome` LowCardinality(String) COMMENT 'What happened.',
    `action` LowCardinality(String) COMMENT 'The catalogue\'s action id.',
    `reason` LowCardinality(String) COMMENT 'Why it was overridden or rejected: a code of the site.',
    `record_topic` LowCardinality(String) COMMENT 'Topic that this row was read from.',
    `record_partition` Int32 COMMENT 'Partition of that topic.',
    `record_offset` Int64 COMMENT 'Offset of the record there.'
)
AS SELECT `event_id`, `decision_id`, `person_ref`, `occurred_at`, `outcome`, `action`, `reason`, `record_topic`, `record_partition`, `record_offset`
FROM {db}.outcomes FINAL
COMMENT 'Each outcome of an action once.';
