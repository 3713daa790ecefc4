-- Sessions in which somebody tried to be helped without a person. contained / sessions is what vendors call containment:
-- no agent was asked for afterwards; reached / sessions also asks that the session got to its end.
CREATE OR REPLACE VIEW {db}.containment
(
    `day` Date COMMENT 'Day of the session in the site''s time zone (clickhouse.time_zone).',
    `place` LowCardinality(String) COMMENT 'voice_menu: a call; chatbot: a conversation that the bot resolved, failed or would not hand over.',
    `reason` LowCardinality(String) COMMENT 'Contact reason of the session, or empty.',
    `sessions` UInt64 COMMENT 'Sessions that are over.',
    `contained` UInt64 COMMENT 'Of them, those without a contact of the person in a queue or with an agent in the 24 hours after; of another reason is none, where both are known.',
    `reached` UInt64 COMMENT 'Of the contained, those that got what they came for: the bot says so, or the voice menu''s call has a disposition.'
)
AS SELECT
    toDate(s.at, '{tz}') AS day, s.place AS place, s.reason AS reason, count() AS sessions,
    countIf(NOT asked) AS contained, countIf(NOT asked AND s.ended_well) AS reached
FROM
(
    SELECT
        x.place AS place, x.at AS at, x.reason AS reason, x.ended_well AS ended_well,
        x.agent OR arrayExists((t, r) -> t >= x.at AND t < x.at + INTERVAL 24 HOUR AND (r = x.reason OR r = '' OR x.reason = ''), h.starts, h.reasons) AS asked
    FROM
    (
        SELECT 'voice_menu' AS place, c.person_ref AS person_ref, c.started_at AS at, toString(c.reason) AS reason, c.disposed AS ended_well, c.queued OR c.answered AS agent
        FROM {db}.contacts AS c
        UNION ALL
        SELECT 'chatbot' AS place, if(p.person_ref != '', p.person_ref, b.said.1) AS person_ref, b.at AS at, b.said.4 AS reason, b.said.3 = 'chatbot_resolved' AS ended_well, false AS agent
        FROM
        (
            SELECT t.occurred_at AS at, t.event_id AS event_id, argMax((t.person_ref, t.shard, toString(t.event), toString(t.reason), t.refused), t.version) AS said, said.2 AS shard
            FROM {db}.touchpoints AS t
            WHERE t.log = (SELECT argMax(log, set_at) FROM {db}.current WHERE name = 'attune.identified')
              AND t.channel = 'app' AND t.event IN ('chatbot_resolved', 'chatbot_failed', 'chatbot_handoff_refused')
            GROUP BY at, event_id
            HAVING said.5 = 0
        ) AS b
        LEFT JOIN {db}.current_persons AS p ON p.shard = b.shard
    ) AS x
    LEFT JOIN
    (
        SELECT c.person_ref AS person_ref, groupArray(c.started_at) AS starts, groupArray(toString(c.reason)) AS reasons
        FROM {db}.contacts AS c WHERE c.queued OR c.answered GROUP BY person_ref
    ) AS h ON h.person_ref = x.person_ref
) AS s
GROUP BY day, place, reason
SETTINGS join_use_nulls = 0
COMMENT 'Sessions with the voice menu and the chatbot, and how many needed no agent.';
