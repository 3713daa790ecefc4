-- What was said of a person before a contact: all of its predictions but those at starts of contacts, in their order. The
-- reason that the last of them names counts as said since the first of the unbroken run of them that names it.
CREATE OR REPLACE VIEW {db}.foreseen_contacts
(
    `contact_id` String COMMENT 'The contact center''s own id.',
    `contact_key` String COMMENT 'The contact, which no other has: ids are used again.',
    `person_ref` String COMMENT 'Who, as of the newest revision of the contact.',
    `as_of` DateTime64(3, 'UTC') COMMENT 'Event time of the prediction at the contact''s start.',
    `model_version` String COMMENT 'The model that made that one.',
    `reason` String COMMENT 'The reason that became known.',
    `contacts_before` UInt64 COMMENT 'Contacts of the person whose reason was known by then.',
    `cohort` String COMMENT 'By how much was known of the person: contacts before: none, 1, 2 to 4, 5 to 19, 20 and more.',
    `attempted` Bool COMMENT 'A prediction of the day before named a reason, and had not named it for longer.',
    `foreseen` Bool COMMENT 'It was the true one.',
    `lead_seconds` Float64 COMMENT 'How long before the contact it was named first; 0 where it was not foreseen.',
    `top_1` Bool COMMENT 'At the start it was named first.',
    `top_3` Bool COMMENT 'At the start it was among the three most probable ones.',
    `log_loss` Float64 COMMENT '-ln(probability at the start), probabilities below 1e-6 counted as that.',
    `likeliest` Float64 COMMENT 'The largest probability at the start.',
    `likeliest_true` Bool COMMENT 'It was that of the true reason.'
)
AS SELECT
    contact_id, contact_key, person_ref, as_of, model_version, reason, contacts_before,
    'contacts before: ' || multiIf(contacts_before = 0, 'none', contacts_before < 2, '1', contacts_before < 5, '2 to 4', contacts_before < 20, '5 to 19', '20 and more') AS cohort,
    toBool(notEmpty(before) AND as_of <= since + INTERVAL 1 DAY) AS attempted,
    toBool(attempted AND before[1].2 = reason) AS foreseen,
    if(foreseen, dateDiff('millisecond', since, as_of) / 1000, 0.) AS lead_seconds,
    top_1, top_3, log_loss, likeliest, likeliest_true
FROM
(
    SELECT
        s.contact_id AS contact_id, s.contact_key AS contact_key, s.person_ref AS person_ref, s.as_of AS as_of, s.model_version AS model_version,
        s.reason AS reason, arrayCount(x -> x < as_of, k.known) AS contacts_before,
        -- Newest first: the run ends before the first that names another reason.
        arrayReverse(arrayFilter(x -> x.1 < as_of, b.said)) AS before,
        arrayFirstIndex(x -> x.2 != before[1].2, before) AS other,
        before[if(other = 0, length(before), other - 1)].1 AS since,
        toBool(s.rank = 1) AS top_1, toBool(s.rank > 0 AND s.likelier < 3) AS top_3, s.log_loss AS log_loss, s.likeliest AS likeliest, s.likeliest_true AS likeliest_true
    FROM {db}.scored_contacts AS s
    LEFT JOIN
    (
        SELECT f.person_ref AS person, groupArray(f.concluded_at) AS known
        FROM {db}.current_contact_facts AS f
        WHERE f.channel = 'call' AND f.concluded AND f.reason != ''
        GROUP BY person
    ) AS k ON k.person = s.person_ref
    LEFT JOIN
    (
        SELECT person, arrayMap(x -> (x.1, x.3), arraySort(groupArray((at, place, top)))) AS said
        FROM
        (
            SELECT q.person_ref AS person, q.as_of AS at, q.record_offset AS place, toString(q.`reasons.code`[1]) AS top
            FROM {db}.predictions AS q
            WHERE q.log = (SELECT argMax(log, set_at) FROM {db}.current WHERE name = 'attune.identified') AND q.phase != 'contact_start'
        )
        GROUP BY person
    ) AS b ON b.person = s.person_ref
)
COMMENT 'Predictions at the start of contacts, each with what was known of the person, and how long the reason had been foreseen.';
