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
    `brier` Float64 COMMENT 'Sum over reasons of (probability - truth) squared.',
    `contact_key` String COMMENT 'The contact, which no other has: ids are used again.'
)
AS SELECT
    d.contact_id AS contact_id, p.said.1 AS prediction_id, p.said.2 AS model_version, p.as_of AS as_of, d.reason AS reason,
    p.said.3[1] AS predicted, p.said.4[1] AS confidence,
    indexOf(p.said.3, d.reason) AS rank,
    if(rank = 0, 0., p.said.4[rank]) AS probability,
    -log(greatest(probability, 1e-6)) AS log_loss,
    arraySum(x -> x * x, p.said.4) - 2 * probability + 1 AS brier,
    d.contact_key AS contact_key
FROM
(
    SELECT c.contact_id AS contact_id, c.contact_key AS contact_key, toString(c.reason) AS reason
    FROM {db}.current_contact_facts AS c
    WHERE c.channel = 'call' AND c.concluded AND c.reason != ''
) AS d
INNER JOIN
(
    -- A build without keys knew contacts by their ids.
    SELECT if(q.contact_key != '', q.contact_key, q.contact_ref) AS contact, min(q.as_of) AS as_of,
           argMin((q.prediction_id, toString(q.model_version), CAST(q.`reasons.code`, 'Array(String)'), q.`reasons.p`), (q.as_of, q.prediction_id)) AS said
    FROM {db}.predictions AS q
    WHERE q.log = (SELECT argMax(log, set_at) FROM {db}.current WHERE name = 'attune.identified') AND q.phase = 'contact_start' AND contact != ''
    GROUP BY contact
) AS p ON p.contact = if(d.contact_key != '', d.contact_key, d.contact_id)
COMMENT 'Predictions at the start of contacts, each with the truth and its scores.';
