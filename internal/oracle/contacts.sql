-- Contacts and failed steps, as docs/kpis.md says.
-- Touchpoints of one person and id, or of none, in order of time. A step that a call begins with is another contact's
-- after an end (that something came before: else two clocks differ), or after four hours; so is a disposition after one of another source, or after any where there is no id.
CREATE TEMPORARY TABLE parted AS
WITH
    14400000 AS apart,
    of_id AS
    (
        SELECT person, contact_id,
            arraySort(groupArray((at, event_id, event IN ('self_service', 'queued') OR contact_id = '' AND event = 'answered',
                event IN ('ended', 'abandoned', 'disposition'), event = 'disposition', arrayStringConcat(arrayPopBack(splitByChar('/', event_id)), '/')))) AS steps
        FROM accepted WHERE channel = 'call'
        GROUP BY person, contact_id
    )
SELECT person, contact_id, step.2 AS event_id, toUInt32(number) AS number
FROM
(
    SELECT person, contact_id, steps,
        -- numbers of contacts, last step, first end, of what source a disposition was, and first step
        arrayFold(
            (s, x) -> arrayMap(another -> (
                arrayPushBack(s.1, if(empty(s.1), 0, s.1[-1]) + another), x.1,
                multiIf(another = 0 AND s.3 != 0, s.3, x.4, x.1, 0),
                multiIf(x.5, [x.6], another = 0, s.4, CAST([], 'Array(String)')),
                if(another = 0 AND s.5 != 0, s.5, x.1)),
                [toInt64(multiIf(
                    x.3, s.2 + apart < x.1 OR s.3 != 0 AND s.3 < x.1 AND s.5 < s.3,
                    x.5, notEmpty(s.4) AND (contact_id = '' OR s.4[1] != x.6),
                    contact_id = '' AND s.2 + apart < x.1))])[1],
            steps, CAST(([], 0, 0, [], 0), 'Tuple(Array(Int64), Int64, Int64, Array(String), Int64)')).1 AS numbers
    FROM of_id
)
ARRAY JOIN steps AS step, numbers AS number;

CREATE TEMPORARY TABLE contacts AS
SELECT
    contact_id, start, person, said.1 != '' AS concluded, said.1 AS disposition, said.2 AS concluded_at, said.3 AS reason, said.4 AS priority,
    said.5 AS queued, said.6 AS answered, said.5 AND said.7 AS abandoned, said.8 AS wait_ms, said.9 AS talk_ms
FROM
(
    SELECT
        c.contact_id AS contact_id, min(c.at) AS start, c.person AS person,
        argMaxIf((c.event_id, c.at, c.reason, c.priority, c.queued, c.answered, c.abandoned, c.wait_ms, c.talk_ms), (c.at, c.event_id), c.event = 'disposition') AS said
    FROM accepted AS c
    INNER JOIN parted AS p ON p.event_id = c.event_id
    WHERE c.channel = 'call'
    GROUP BY c.person, c.contact_id, p.number
    HAVING countIf(c.event IN ('ended', 'abandoned', 'disposition')) > 0
);

CREATE TEMPORARY TABLE failed AS
SELECT identifier, person, at, event_id, channel
FROM accepted
WHERE channel IN ('web', 'app')
  AND (event IN ('form_error', 'form_abandon', 'login_failed', 'payment_failed', 'rage_click', 'chatbot_failed', 'chatbot_handoff_refused', 'video_failed')
       OR event = 'search' AND results = 0);

CREATE TEMPORARY TABLE failures AS
SELECT person, arraySort(groupArray((at, event_id, channel))) AS steps, steps.1 AS times FROM failed GROUP BY person;

-- Steps on web or app that are tied to a reason, failed or not.
CREATE TEMPORARY TABLE tied AS SELECT identifier, person, at, reason FROM accepted WHERE channel IN ('web', 'app') AND reason != '';

CREATE TEMPORARY TABLE tries AS SELECT person, reason, groupArray(at) AS times FROM tied GROUP BY person, reason;

-- No person calls 257 times in 8 days from one number, or fails or takes steps for reasons 1025 times in 2 days: what is kept of an identifier has an
-- end, and such persons are left out of comparisons, by number.
CREATE TEMPORARY TABLE crowded AS
SELECT DISTINCT person FROM
(
    SELECT person, arraySort(groupArray(start)) AS times, 256 AS most, 8 * 86400000 AS within
    FROM (SELECT c.identifier AS identifier, c.person AS person, min(c.at) AS start FROM accepted AS c INNER JOIN parted AS p ON p.event_id = c.event_id
          WHERE c.channel = 'call' GROUP BY c.identifier, c.person, c.contact_id, p.number)
    GROUP BY identifier, person
    UNION ALL
    SELECT person, arraySort(groupArray(at)) AS times, 1024 AS most, 2 * 86400000 AS within FROM failed GROUP BY identifier, person
    UNION ALL
    SELECT person, arraySort(groupArray(at)) AS times, 1024 AS most, 2 * 86400000 AS within FROM tied GROUP BY identifier, person
)
WHERE arrayExists(i -> times[i + most] - times[i] < within, range(1, greatest(length(times), most) - most + 1));

CREATE TEMPORARY TABLE known AS
WITH
    (SELECT max(start) FROM contacts) AS newest,
    86400000 AS day,
    alike AS
    (
        SELECT person, reason, groupArray((start, contact_id)) AS calls
        FROM contacts WHERE concluded AND reason != '' GROUP BY person, reason
    )
SELECT
    c.contact_id AS contact_id, c.start AS start, c.concluded AS concluded, c.disposition AS disposition, c.concluded_at AS concluded_at,
    c.reason AS reason, c.priority AS priority, c.queued AS queued, c.answered AS answered, c.abandoned AS abandoned, c.wait_ms AS wait_ms, c.talk_ms AS talk_ms,
    arrayCount(t -> t > c.start - day AND t <= c.start, f.times) AS failed_steps,
    failed_steps > 0 AS last_resort,
    -- A contact's fact lists the newest 256 of them.
    arrayStringConcat(arrayMap(s -> s.2, arraySlice(arrayFilter(s -> s.1 > c.start - day AND s.1 <= c.start, f.steps), -256)), ' ') AS steps,
    if(c.reason = '', 0, arrayMax(arrayConcat([0], arrayFilter(t -> t >= c.start - day AND t <= c.start, d.times)))) AS digital_at,
    c.concluded AND c.reason != '' AS comparable,
    comparable AND arrayExists(o -> o < (c.start, c.contact_id) AND o.1 > c.start - 7 * day, a.calls) AS repeat,
    comparable AND arrayExists(o -> o > (c.start, c.contact_id) AND o.1 < c.start + 7 * day, a.calls) AS repeated,
    comparable AND c.start <= newest - 7 * day AS judged,
    judged AND NOT repeated AND NOT c.abandoned AS resolved,
    c.person IN (SELECT person FROM crowded) AS crowded
FROM contacts AS c
LEFT JOIN failures AS f ON f.person = c.person
LEFT JOIN tries AS d ON d.person = c.person AND d.reason = c.reason
LEFT JOIN alike AS a ON a.person = c.person AND a.reason = c.reason;
