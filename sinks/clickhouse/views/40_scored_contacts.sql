-- The first prediction made at a contact's start beside the reason that the contact turned out to have.
CREATE OR REPLACE VIEW {db}.scored_contacts
(
    `contact_id` String COMMENT 'The contact center''s own id.',
    `prediction_id` String COMMENT 'The prediction.',
    `model_version` String COMMENT 'The model that made it.',
    `as_of` DateTime64(3, 'UTC') COMMENT 'Event time of the prediction.',
    `reason` String COMMENT 'The reason that became known.',
    `predicted` String COMMENT 'The most probable reason.',
    `confidence` Float64 COMMENT 'Its probability.',
    `probability` Float64 COMMENT 'Probability that was given to the true reason.',
    `rank` UInt64 COMMENT 'Place of the true reason in the prediction, 1 is best; 0 where it was not in it.',
    `log_loss` Float64 COMMENT '-ln(probability), probabilities below 1e-6 counted as that.',
    `brier` Float64 COMMENT 'Sum over reasons of (probability - truth) squared.'
)
AS SELECT
    d.contact_id AS contact_id, p.prediction_id AS prediction_id, p.model_version AS model_version, p.as_of AS as_of, d.reason AS reason,
    p.codes[1] AS predicted, p.ps[1] AS confidence,
    indexOf(p.codes, d.reason) AS rank,
    if(rank = 0, 0., p.ps[rank]) AS probability,
    -log(greatest(probability, 1e-6)) AS log_loss,
    arraySum(x -> x * x, p.ps) - 2 * probability + 1 AS brier
FROM
(
    SELECT t.contact_id AS contact_id, argMax(toString(t.reason), (t.occurred_at, t.event_id)) AS reason
    FROM {db}.current_touchpoints AS t
    WHERE t.channel = 'call' AND t.event = 'disposition' AND t.contact_id != '' AND t.reason != ''
    GROUP BY contact_id
) AS d
INNER JOIN
(
    SELECT q.contact_ref AS contact_ref, min(q.as_of) AS as_of,
           argMin(q.prediction_id, (q.as_of, q.prediction_id)) AS prediction_id,
           argMin(toString(q.model_version), (q.as_of, q.prediction_id)) AS model_version,
           argMin(`reasons.code`, (q.as_of, q.prediction_id)) AS codes, argMin(`reasons.p`, (q.as_of, q.prediction_id)) AS ps
    FROM {db}.current_predictions AS q
    WHERE q.phase = 'contact_start' AND q.contact_ref != ''
    GROUP BY contact_ref
) AS p ON p.contact_ref = d.contact_id
COMMENT 'Predictions at the start of contacts, each with the truth and its scores.';
