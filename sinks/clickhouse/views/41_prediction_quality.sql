-- All columns but the keys add up: divide by contacts. The baseline always names the reasons that are commonest over all
-- scored contacts, known in hindsight, which flatters it.
CREATE OR REPLACE VIEW {db}.prediction_quality
(
    `day` Date COMMENT 'Day of the prediction, UTC.',
    `model_version` LowCardinality(String) COMMENT 'The model that made it.',
    `reason` LowCardinality(String) COMMENT 'The reason that the contact turned out to have.',
    `contacts` UInt64 COMMENT 'Contacts with a prediction at their start and a reason in their disposition.',
    `top_1` UInt64 COMMENT 'Of them, those whose reason was predicted first.',
    `top_3` UInt64 COMMENT 'Those whose reason was among the first three.',
    `log_loss` Float64 COMMENT 'Sum of -ln(probability of the true reason).',
    `brier` Float64 COMMENT 'Sum of squared errors over all reasons.',
    `confidence` Float64 COMMENT 'Sum of the probability of the reason predicted first; beside top_1 it shows over- or underconfidence.',
    `baseline_top_1` UInt64 COMMENT 'What always saying the commonest reason would have got right.',
    `baseline_top_3` UInt64 COMMENT 'The same for the three commonest.',
    `baseline_log_loss` Float64 COMMENT 'Sum of -ln(share of the true reason among all scored contacts).'
)
AS WITH shares AS
(
    SELECT toString(c.reason) AS name, count() / sum(count()) OVER () AS share,
           row_number() OVER (ORDER BY count() DESC, name) AS place
    FROM {db}.scored_contacts AS c GROUP BY name
)
SELECT
    toDate(s.as_of) AS day, s.model_version AS model_version, s.reason AS reason, count() AS contacts,
    countIf(s.rank = 1) AS top_1, countIf(s.rank BETWEEN 1 AND 3) AS top_3,
    sum(s.log_loss) AS log_loss, sum(s.brier) AS brier, sum(s.confidence) AS confidence,
    countIf(b.place = 1) AS baseline_top_1, countIf(b.place <= 3) AS baseline_top_3, sum(-log(b.share)) AS baseline_log_loss
FROM {db}.scored_contacts AS s
INNER JOIN shares AS b ON b.name = s.reason
GROUP BY day, model_version, reason
COMMENT 'How good predictions at the start of contacts were, beside always naming the commonest reason.';
