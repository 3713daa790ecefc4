-- Generated from the .avsc files by internal/chgen. DO NOT EDIT.
-- {db} stands for the database.

CREATE OR REPLACE VIEW {db}.current_access_audit
(
    `event_id` String COMMENT 'Unique for ever.',
    `occurred_at` DateTime64(3, 'UTC') COMMENT 'Wall clock of the desk, before the answer left.',
    `who` LowCardinality(String) COMMENT 'Name of the token; loopback for whoever is on the desk\'s own machine.',
    `person_ref` String COMMENT 'Whom it was about.',
    `contact_ref` String COMMENT 'The contact that it was asked by, or null.',
    `what` LowCardinality(String) COMMENT 'contact, stream, persona, journey, decision, live or lookup.',
    `why` LowCardinality(String) COMMENT 'Purpose that the caller stated, as a code; or empty.',
    `desk` LowCardinality(String) COMMENT 'Instance that answered.',
    `record_topic` LowCardinality(String) COMMENT 'Topic that this row was read from.',
    `record_partition` Int32 COMMENT 'Partition of that topic.',
    `record_offset` Int64 COMMENT 'Offset of the record there.'
)
AS SELECT `event_id`, `occurred_at`, `who`, `person_ref`, `contact_ref`, `what`, `why`, `desk`, `record_topic`, `record_partition`, `record_offset`
FROM {db}.access_audit FINAL
COMMENT 'Each time that somebody was shown what is known of a person.';
