-- Who looked at whom, in numbers: a privacy officer sees what is out of the ordinary, and asks current_access_audit for the rest.
CREATE OR REPLACE VIEW {db}.reads_by_day
(
    `day` Date COMMENT 'Day of the reads, in the site''s time zone (clickhouse.time_zone).',
    `who` LowCardinality(String) COMMENT 'Name of the token, or the subject of the log-in; loopback for whoever is on the desk''s own machine.',
    `reads` UInt64 COMMENT 'How often a person was shown.',
    `persons` UInt64 COMMENT 'How many different persons.',
    `persons_without_contact` UInt64 COMMENT 'Those that were looked up by themselves at least once, and not as who makes contact.',
    `reads_without_purpose` UInt64 COMMENT 'Reads whose X-Purpose was not stated.'
)
AS SELECT
    toDate(a.occurred_at, '{tz}') AS day, a.who AS who, count() AS reads, uniqExact(a.person_ref) AS persons,
    uniqExactIf(a.person_ref, a.contact_ref = '') AS persons_without_contact, countIf(a.why = '') AS reads_without_purpose
FROM {db}.current_access_audit AS a
GROUP BY day, who
COMMENT 'How much of whose care each user of the desk was shown, by day.';
