-- What counts as failed is what the last-resort operator counts, as far as a single touchpoint shows it.
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
AS SELECT person_ref, occurred_at, channel, event, page, reason, event_id
FROM {db}.journey
WHERE channel IN ('web', 'app')
  AND (event IN ('form_error', 'form_abandon', 'login_failed', 'payment_failed', 'rage_click', 'chatbot_failed', 'chatbot_handoff_refused', 'video_failed')
       OR event = 'search' AND results = 0)
COMMENT 'Digital steps that did not get the patient where they wanted.';
