-- A cell of fewer than 11 contacts has no row, since people might be recognised in it. Where the cells of a day and model
-- that are left out have fewer than 11 together, the next larger one is left out with them: what is left out cannot be told
-- from prediction_quality, which has the sum over all cohorts.
CREATE OR REPLACE VIEW {db}.prediction_cohorts
(
    `day` Date COMMENT 'Day of the prediction in the site''s time zone (clickhouse.time_zone).',
    `model_version` LowCardinality(String) COMMENT 'The model that made it.',
    `cohort` LowCardinality(String) COMMENT 'By how much was known of the person: contacts before: none, 1, 2 to 4, 5 to 19, 20 and more.',
    `contacts` UInt64 COMMENT 'Contacts with a prediction at their start and a reason in their disposition; 11 or more.',
    `top_1` UInt64 COMMENT 'Of them, those whose reason was predicted first.',
    `top_3` UInt64 COMMENT 'Those whose reason was among the three most probable ones.',
    `log_loss` Float64 COMMENT 'Sum of -ln(probability of the true reason).',
    `confidence` Float64 COMMENT 'Sum of the largest probability; beside likeliest_true it shows over- or underconfidence.',
    `likeliest_true` UInt64 COMMENT 'Contacts whose reason was the most probable one.',
    `attempted` UInt64 COMMENT 'Contacts of which a reason had been named in the day before.',
    `foreseen` UInt64 COMMENT 'Those of which it was the true one.',
    `lead_seconds` Float64 COMMENT 'Sum over the foreseen of how long before.'
)
AS SELECT day, model_version, cohort, n AS contacts, top_1, top_3, log_loss, confidence, likeliest_true, attempted, foreseen, lead_seconds
FROM
(
    SELECT *, sum(n) OVER (PARTITION BY day, model_version ORDER BY n, cohort ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) - n AS smaller
    FROM
    (
        SELECT
            toDate(f.as_of, '{tz}') AS day, f.model_version AS model_version, f.cohort AS cohort, count() AS n,
            countIf(f.top_1) AS top_1, countIf(f.top_3) AS top_3, sum(f.log_loss) AS log_loss, sum(f.likeliest) AS confidence,
            countIf(f.likeliest_true) AS likeliest_true, countIf(f.attempted) AS attempted, countIf(f.foreseen) AS foreseen, sum(f.lead_seconds) AS lead_seconds
        FROM {db}.foreseen_contacts AS f
        GROUP BY day, model_version, cohort
    )
)
WHERE n >= 11 AND (smaller = 0 OR smaller >= 11)
COMMENT 'How good predictions at the start of contacts were, by how much was known of the person.';
