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
    `contact_key` String COMMENT 'The contact, which no other has: ids are used again.',
    `person_ref` String COMMENT 'Who, as of the newest revision of the contact.',
    `likelier` UInt64 COMMENT 'How many reasons were given a larger probability than the true one: below 3 it counts as among the first three. Differs from rank where the reason that is named is not the most probable one.',
    `likeliest` Float64 COMMENT 'The largest probability.',
    `likeliest_true` Bool COMMENT 'It was that of the true reason.'
)
AS SELECT
    d.contact_id AS contact_id, p.prediction_id AS prediction_id, p.model_version AS model_version, p.as_of AS as_of, d.reason AS reason,
    toString(p.codes[1]) AS predicted, p.odds[1] AS confidence,
    indexOf(p.codes, d.reason) AS rank,
    if(rank = 0, 0., p.odds[rank]) AS probability,
    -log(greatest(probability, 1e-6)) AS log_loss,
    arraySum(x -> x * x, p.odds) - 2 * probability + 1 AS brier,
    d.contact_key AS contact_key, d.person_ref AS person_ref,
    arrayCount(x -> x > probability, p.odds) AS likelier, arrayMax(p.odds) AS likeliest, toBool(rank > 0 AND likelier = 0) AS likeliest_true
FROM
(
    -- No GROUP BY, which a condition on as_of would not pass: the first is that of the touchpoint with which the contact began.
    SELECT q.contact_key AS contact, q.as_of AS as_of, q.prediction_id AS prediction_id, toString(q.model_version) AS model_version,
           q.`reasons.code` AS codes, q.`reasons.p` AS odds
    FROM {db}.predictions AS q FINAL
    PREWHERE q.phase = 'contact_start' AND q.contact_key != '' AND q.trigger_id = q.contact_key
    WHERE q.log = (SELECT argMax(log, set_at) FROM {db}.current WHERE name = 'attune.identified')
    UNION ALL
    -- A build without keys knew contacts by their ids.
    SELECT contact, as_of, said.1 AS prediction_id, said.2 AS model_version, said.3 AS codes, said.4 AS odds
    FROM
    (
        SELECT q.contact_ref AS contact, min(q.as_of) AS as_of,
               argMin((q.prediction_id, toString(q.model_version), q.`reasons.code`, q.`reasons.p`), (q.as_of, q.prediction_id)) AS said
        FROM {db}.predictions AS q
        WHERE q.log = (SELECT argMax(log, set_at) FROM {db}.current WHERE name = 'attune.identified') AND q.phase = 'contact_start' AND q.contact_key = '' AND contact != ''
        GROUP BY contact
    )
) AS p
INNER JOIN
(
    SELECT c.contact_id AS contact_id, c.contact_key AS contact_key, c.person_ref AS person_ref, toString(c.reason) AS reason, if(c.contact_key != '', c.contact_key, c.contact_id) AS contact
    FROM {db}.current_contact_facts AS c
    WHERE c.channel = 'call' AND c.concluded AND c.reason != ''
) AS d ON d.contact = p.contact
COMMENT 'Predictions at the start of contacts, each with the truth and its scores.';
