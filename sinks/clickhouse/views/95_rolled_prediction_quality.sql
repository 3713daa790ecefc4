-- What prediction_quality says, of days that are kept. The baseline is over all of these: it counts days whose facts have gone.
CREATE OR REPLACE VIEW {db}.rolled_prediction_quality
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
    s.day AS day, s.quarter AS quarter, s.model_version AS model_version, s.reason AS reason, s.contacts AS contacts, s.top_1 AS top_1, s.top_3 AS top_3,
    s.log_loss AS log_loss, s.brier AS brier, s.confidence AS confidence,
    if(b.place = 1, s.contacts, 0) AS baseline_top_1, if(b.place <= 3, s.contacts, 0) AS baseline_top_3, s.contacts * -log(b.of_reason / b.of_all) AS baseline_log_loss
FROM {db}.rolled_scores_by_quarter AS s
INNER JOIN
(
    SELECT toString(k.reason) AS reason, sum(k.contacts) AS of_reason, sum(of_reason) OVER () AS of_all, dense_rank() OVER (ORDER BY of_reason DESC, reason) AS place
    FROM {db}.rolled_scores_by_quarter AS k
    GROUP BY reason
) AS b ON b.reason = s.reason
COMMENT 'How good predictions at the start of contacts were, beside always naming the commonest reason, of days that are kept.';
