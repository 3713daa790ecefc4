-- All columns but the keys add up: divide by contacts. The baseline always names the reasons that are commonest over all
-- scored contacts, known in hindsight, which flatters it.
CREATE OR REPLACE VIEW {db}.prediction_quality
(
    `day` Date COMMENT 'Day of the prediction in the site''s time zone (clickhouse.time_zone).',
    `quarter` DateTime('UTC') COMMENT 'Quarter of an hour of the prediction: days of any zone are made of these, toDate(quarter, zone).',
    `model_version` LowCardinality(String) COMMENT 'The model that made it.',
    `reason` LowCardinality(String) COMMENT 'The reason that the contact turned out to have.',
    `contacts` UInt64 COMMENT 'Contacts with a prediction at their start and a reason in their disposition.',
    `top_1` UInt64 COMMENT 'Of them, those whose reason was predicted first.',
    `top_3` UInt64 COMMENT 'Those whose reason was among the three most probable ones.',
    `log_loss` Float64 COMMENT 'Sum of -ln(probability of the true reason).',
    `brier` Float64 COMMENT 'Sum of squared errors over all reasons.',
    `confidence` Float64 COMMENT 'Sum of the probability of the reason predicted first; beside top_1 it shows over- or underconfidence.',
    `baseline_top_1` UInt64 COMMENT 'What always saying the commonest reason would have got right.',
    `baseline_top_3` UInt64 COMMENT 'The same for the three commonest.',
    `baseline_log_loss` Float64 COMMENT 'Sum of -ln(share of the true reason among all scored contacts).'
)
AS SELECT
    day, quarter, model_version, reason, n AS contacts, top_1, top_3, log_loss, brier, confidence,
    if(place = 1, n, 0) AS baseline_top_1, if(place <= 3, n, 0) AS baseline_top_3, n * -log(of_reason / of_all) AS baseline_log_loss
FROM
(
    SELECT *, dense_rank() OVER (ORDER BY of_reason DESC, reason) AS place
    FROM
    (
        SELECT
            toDate(s.as_of, '{tz}') AS day, toStartOfFifteenMinutes(s.as_of) AS quarter, s.model_version AS model_version, s.reason AS reason, count() AS n,
            countIf(s.rank = 1) AS top_1, countIf(s.rank > 0 AND s.likelier < 3) AS top_3,
            sum(s.log_loss) AS log_loss, sum(s.brier) AS brier, sum(s.confidence) AS confidence,
            sum(n) OVER (PARTITION BY reason) AS of_reason, sum(n) OVER () AS of_all
        FROM {db}.scored_contacts AS s
        GROUP BY day, quarter, model_version, reason
    )
)
COMMENT 'How good predictions at the start of contacts were, beside always naming the commonest reason.';
