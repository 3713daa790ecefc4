-- What agents did with calls. Transfer rate is transferred / handled; callbacks kept is callbacks_kept / callbacks; the time of a call
-- whose agent was shown what had happened online is seamless_talk_seconds / seamless, beside started_over_talk_seconds / started_over.
CREATE OR REPLACE VIEW {db}.call_handling
(
    `day` Date COMMENT 'Day on which the contact began, in the site''s time zone (clickhouse.time_zone).',
    `queue` LowCardinality(String) COMMENT 'Last queue or line.',
    `reason` LowCardinality(String) COMMENT 'From the disposition.',
    `contacts` UInt64 COMMENT 'Concluded contacts.',
    `handled` UInt64 COMMENT 'Of them, those that an agent took.',
    `transferred` UInt64 COMMENT 'Of these, those that were passed on, once or more.',
    `callbacks` UInt64 COMMENT 'Concluded contacts in which a callback was asked for.',
    `callbacks_kept` UInt64 COMMENT 'Of these, those that an agent took, in the same contact.',
    `seamless` UInt64 COMMENT 'Of the handled with a digital step for the same reason in the 24 hours before, those of which an agent was shown an action.',
    `seamless_talk_seconds` Float64 COMMENT 'Time with agents in these.',
    `started_over` UInt64 COMMENT 'The others with such a step.',
    `started_over_talk_seconds` Float64 COMMENT 'Time with agents in these.'
)
AS SELECT
    toDate(c.started_at, '{tz}') AS day, c.queue AS queue, c.reason AS reason, count() AS contacts, countIf(c.answered) AS handled,
    countIf(c.answered AND has(c.events, 'transferred')) AS transferred, countIf(has(c.events, 'callback_requested')) AS callbacks,
    countIf(c.answered AND has(c.events, 'callback_requested')) AS callbacks_kept,
    countIf(c.digital AND c.shown) AS seamless, sumIf(c.talk_ms, c.digital AND c.shown) / 1000 AS seamless_talk_seconds,
    countIf(c.digital AND NOT c.shown) AS started_over, sumIf(c.talk_ms, c.digital AND NOT c.shown) / 1000 AS started_over_talk_seconds
FROM
(
    SELECT
        f.started_at AS started_at, toString(f.queue) AS queue, toString(f.reason) AS reason, f.answered AS answered, f.talk_ms AS talk_ms,
        f.answered AND f.self_contained AND f.reason != '' AND f.digital_at >= f.started_at - INTERVAL 24 HOUR AS digital,
        -- An id may be used again: what was done in another contact of it is not this one's.
        arrayMap(x -> x.2, arrayFilter(x -> x.1 >= f.started_at AND x.1 <= greatest(f.ended_at, f.concluded_at), e.events)) AS events,
        if(f.contact_key != '', f.contact_key, f.contact_id) IN
        (
            SELECT if(a.contact_key != '', a.contact_key, a.contact_ref) FROM {db}.actions AS a
            LEFT SEMI JOIN {db}.outcomes AS o ON o.decision_id = a.decision_id AND o.outcome IN ('shown', 'accepted', 'rejected', 'ignored', 'overridden')
            WHERE a.log = (SELECT argMax(log, set_at) FROM {db}.current WHERE name = 'attune.identified') AND (a.contact_key != '' OR a.contact_ref != '')
        ) AS shown
    FROM {db}.current_contact_facts AS f
    LEFT JOIN
    (
        SELECT said.1 AS contact_id, groupArray((at, said.2)) AS events
        FROM
        (
            SELECT t.occurred_at AS at, t.event_id AS event_id, argMax((t.contact_id, toString(t.event), t.refused), t.version) AS said
            FROM {db}.touchpoints AS t
            WHERE t.log = (SELECT argMax(log, set_at) FROM {db}.current WHERE name = 'attune.identified') AND t.channel = 'call'
              AND t.event IN ('transferred', 'callback_requested') AND t.contact_id != ''
            GROUP BY at, event_id
            HAVING said.3 = 0
        )
        GROUP BY contact_id
    ) AS e ON e.contact_id = f.contact_id
    WHERE f.channel = 'call' AND f.concluded
) AS c
GROUP BY day, queue, reason
SETTINGS join_use_nulls = 0
COMMENT 'Transfers, callbacks, and calls whose agent knew or did not know what had happened online.';
