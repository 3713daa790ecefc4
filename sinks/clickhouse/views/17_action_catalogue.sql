CREATE OR REPLACE VIEW {db}.action_catalogue
(
    `code` LowCardinality(String) COMMENT 'As columns action_id, action and receipt.action have it.',
    `name` String COMMENT 'The action''s name.',
    `words` String COMMENT 'The action in words; {treatment} stands for its variant.',
    `class` LowCardinality(String) COMMENT 'mandatory (no caps, no holdout), transactional (does not count against caps) or default.',
    `purpose` LowCardinality(String) COMMENT 'Purpose of consent: care, service or outreach; empty for what does not reach out.',
    `group` LowCardinality(String) COMMENT 'The site''s own grouping, for reports.',
    `policy_version` LowCardinality(String) COMMENT 'Version of the catalogue that says so.'
)
AS SELECT code, name, words, class, purpose, `group`, policy_version
FROM {db}.action_codes FINAL
COMMENT 'What the codes of actions mean at this site, once each; JOIN attune.action_catalogue AS k ON k.code = a.action_id.';
