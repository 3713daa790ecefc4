-- What counts as failed is in docs/kpis.md: what a single touchpoint shows. Copies of a touchpoint are resolved here and
-- not with FINAL, so that only the failed ones are.
CREATE OR REPLACE VIEW {db}.failed_steps
(
    `person_ref` String COMMENT 'Who, as known today.',
    `occurred_at` DateTime64(3, 'UTC') COMMENT 'When.',
    `channel` LowCardinality(String) COMMENT 'web or app.',
    `event` LowCardinality(String) COMMENT 'What failed; search means that it found nothing.',
    `page` LowCardinality(String) COMMENT 'Page or screen.',
    `reason` LowCardinality(String) COMMENT 'Contact reason that it is tied to, or empty.',
    `event_id` String COMMENT 'The touchpoint.'
)
AS SELECT
    if(p.person_ref != '', p.person_ref, f.said.1) AS person_ref, f.occurred_at AS occurred_at, f.channel AS channel,
    f.said.3 AS event, f.said.4 AS page, f.said.5 AS reason, f.event_id AS event_id
FROM
(
    SELECT t.channel AS channel, t.occurred_at AS occurred_at, t.event_id AS event_id,
           argMax((t.person_ref, t.shard, t.event, t.page, t.reason, t.refused), t.version) AS said, said.2 AS shard
    FROM {db}.touchpoints AS t
    WHERE t.log = (SELECT argMax(log, set_at) FROM {db}.current WHERE name = 'attune.identified')
      AND t.channel IN ('web', 'app')
      AND (t.event IN ('form_error', 'form_abandon', 'login_failed', 'payment_failed', 'rage_click', 'chatbot_failed', 'chatbot_handoff_refused', 'video_failed')
           OR t.event = 'search' AND t.results = 0)
    GROUP BY channel, occurred_at, event_id
    HAVING said.6 = 0
) AS f
LEFT JOIN {db}.current_persons AS p ON p.shard = f.shard
SETTINGS join_use_nulls = 0
COMMENT 'Digital steps that did not get the patient where they wanted.';
