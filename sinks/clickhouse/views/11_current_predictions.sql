-- Generated from the .avsc files by internal/chgen. DO NOT EDIT.
-- {db} stands for the database.

CREATE OR REPLACE VIEW {db}.current_predictions
(
    `log` LowCardinality(String) COMMENT 'Topic UUID of the attune.identified that this was computed from.',
    `prediction_id` String COMMENT 'Deterministic: of the trigger and ordinal.',
    `person_ref` String COMMENT 'Who.',
    `as_of` DateTime64(3, 'UTC') COMMENT 'Event time of the trigger.',
    `trigger_id` String COMMENT 'Event id of the touchpoint, or the timer, that caused it.',
    `channel` LowCardinality(String) COMMENT 'Channel of the trigger.',
    `contact_ref` String COMMENT 'The contact center\'s own call id, within a contact that has one.',
    `phase` LowCardinality(String) COMMENT 'Where in the contact it was made.',
    `model_version` LowCardinality(String) COMMENT 'The model that made it.',
    `taxonomy_version` LowCardinality(String) COMMENT 'The reasons it chose from.',
    `reasons.code` Array(LowCardinality(String)) COMMENT 'Whole distribution: first the reason that is named, then the others, most probable first. Reason code of the taxonomy.',
    `reasons.p` Array(Float64) COMMENT 'Whole distribution: first the reason that is named, then the others, most probable first. Probability.',
    `p_15m` Float64 COMMENT 'Probability of a contact within 15 minutes.',
    `p_2h` Float64 COMMENT 'Within 2 hours.',
    `p_24h` Float64 COMMENT 'Within 24 hours.',
    `p_7d` Float64 COMMENT 'Within 7 days.',
    `urgency` Float64 COMMENT '0 to 1.',
    `effort` Float64 COMMENT 'The persona\'s effort then.',
    `frustration` Float64 COMMENT 'The persona\'s frustration then.',
    `evidence.feature` Array(LowCardinality(String)) COMMENT 'Strongest first, at most five. Name of the feature.',
    `evidence.weight` Array(Float64) COMMENT 'Strongest first, at most five. Log-odds it adds to the top reason.',
    `evidence.text` Array(String) COMMENT 'Strongest first, at most five. In words.',
    `evidence.at` Array(DateTime64(3, 'UTC')) COMMENT 'Strongest first, at most five. Event time, where it is one event.',
    `features` Array(Int32) COMMENT 'Active feature numbers of the taxonomy\'s feature space, ascending.',
    `expires_at` DateTime64(3, 'UTC') COMMENT 'Event time until which the probabilities of horizons hold if nothing is heard of the person: the end of the first interval in which a contact was likely enough to matter; 0 from a build that wrote none.',
    `not_known` Array(String) COMMENT 'What the prediction had to do without: reason (it tells hardly more than the usual mix does: none is to be named), model, contacts, digital_steps, health_record, contact_center.',
    `contact_key` String COMMENT 'The contact, which no other has: event id of the touchpoint that it began with; empty outside a contact.',
    `record_topic` LowCardinality(String) COMMENT 'Topic that this row was read from.',
    `record_partition` Int32 COMMENT 'Partition of that topic.',
    `record_offset` Int64 COMMENT 'Offset of the record there.'
)
AS SELECT `log`, `prediction_id`, `person_ref`, `as_of`, `trigger_id`, `channel`, `contact_ref`, `phase`, `model_version`, `taxonomy_version`, `reasons.code`, `reasons.p`, `p_15m`, `p_2h`, `p_24h`, `p_7d`, `urgency`, `effort`, `frustration`, `evidence.feature`, `evidence.weight`, `evidence.text`, `evidence.at`, `features`, `expires_at`, `not_known`, `contact_key`, `record_topic`, `record_partition`, `record_offset`
FROM {db}.predictions FINAL
WHERE log = (SELECT argMax(log, set_at) FROM {db}.current WHERE name = 'attune.identified')
COMMENT 'Each prediction once, of the log in force.';
