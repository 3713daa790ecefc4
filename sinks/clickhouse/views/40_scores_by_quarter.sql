-- How good predictions were, by what adds up: prediction_quality sets a baseline beside it, which rests on all days.
CREATE OR REPLACE VIEW {db}.scores_by_quarter
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
    `confidence` Float64 COMMENT 'Sum of the probability of the reason predicted first; beside top_1 it shows over- or underconfidence.'
)
AS SELECT
    toDate(s.as_of, '{tz}') AS day, toStartOfFifteenMinutes(s.as_of) AS quarter, s.model_version AS model_version, s.reason AS reason, count() AS contacts,
    countIf(s.rank = 1) AS top_1, countIf(s.rank > 0 AND s.likelier < 3) AS top_3,
    sum(s.log_loss) AS log_loss, sum(s.brier) AS brier, sum(s.confidence) AS confidence
FROM {db}.scored_contacts AS s
GROUP BY day, quarter, model_version, reason
COMMENT 'How good predictions at the start of contacts were, by quarter of an hour, model and reason.';
