CREATE OR REPLACE VIEW {db}.reasons
(
    `code` LowCardinality(String) COMMENT 'As columns reason, reasons.code and last_reason have it.',
    `name` String COMMENT 'The reason''s name, which never changes.',
    `words` String COMMENT 'The reason in words.',
    `urgent` Float64 COMMENT 'Urgency of such a contact, 0 to 1.',
    `taxonomy_version` LowCardinality(String) COMMENT 'Version of the taxonomy that says so.'
)
AS SELECT code, name, words, urgent, taxonomy_version
FROM {db}.reason_codes FINAL
COMMENT 'What the codes of reasons mean at this site, once each; JOIN attune.reasons AS r ON r.code = c.reason.';
