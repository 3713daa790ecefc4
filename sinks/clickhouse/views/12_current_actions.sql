-- Generated from the .avsc files by internal/chgen. DO NOT EDIT.
-- {db} stands for the database.

CREATE OR REPLACE VIEW {db}.current_actions
(
    `log` LowCardinality(String) COMMENT 'Topic UUID of the attune.identified that this was computed from.',
    `decision_id` String COMMENT 'Deterministic: policy, trigger, ordinal. The same after a replay.',
    `supersedes` String COMMENT 'The open decision that this one replaces.',
    `cancelled` Bool COMMENT 'The superseded action is withdrawn and nothing takes its place.',
    `delivered` Bool COMMENT 'False for do-nothing and holdouts, which contact centers do not see.',
    `person_ref` String COMMENT 'Who.',
    `contact_ref` String COMMENT 'The contact center\'s own call id; null outside a contact.',
    `as_of` DateTime64(3, 'UTC') COMMENT 'Event time of the trigger.',
    `expires_at` DateTime64(3, 'UTC') COMMENT 'Event time after which it must not be used.',
    `trigger_id` String COMMENT 'Event id or timer that caused it.',
    `prediction_id` String COMMENT 'The prediction it rests on.',
    `policy_version` LowCardinality(String) COMMENT 'Catalogue and rules.',
    `model_version` LowCardinality(String) COMMENT 'Model of the prediction.',
    `taxonomy_version` LowCardinality(String) COMMENT 'Reasons.',
    `reasons.code` Array(LowCardinality(String)) COMMENT 'At most three, most probable first. Reason code of the taxonomy.',
    `reasons.p` Array(Float64) COMMENT 'At most three, most probable first. Probability.',
    `p_15m` Float64 COMMENT 'Probability of a contact within 15 minutes.',
    `p_24h` Float64 COMMENT 'Within 24 hours.',
    `urgency` Float64 COMMENT '0 to 1.',
    `effort` Float64 COMMENT 'The persona\'s effort.',
    `frustration` Float64 COMMENT 'The persona\'s frustration.',
    `last_resort` Bool COMMENT 'Digital attempts failed before this contact.',
    `alternatives.id` Array(LowCardinality(String)) COMMENT 'At most three, best first. Catalogue id, such as A02.',
    `alternatives.treatment` Array(LowCardinality(String)) COMMENT 'At most three, best first. Variant, such as the queue it routes to.',
    `alternatives.channel` Array(LowCardinality(String)) COMMENT 'At most three, best first. Where it is to happen.',
    `alternatives.score` Array(Float64) COMMENT 'At most three, best first. Arbitration score.',
    `alternatives.propensity` Array(Float64) COMMENT 'At most three, best first. Probability with which the policy chose it.',
    `receipt.action` Array(LowCardinality(String)) COMMENT 'Every other action of the catalogue. Catalogue id.',
    `receipt.stage` Array(LowCardinality(String)) COMMENT 'Every other action of the catalogue. The stage that removed it.',
    `receipt.rule` Array(LowCardinality(String)) COMMENT 'Every other action of the catalogue. The rule of that stage.',
    `evidence.feature` Array(LowCardinality(String)) COMMENT 'In words, strongest first. Name of the feature.',
    `evidence.weight` Array(Float64) COMMENT 'In words, strongest first. Log-odds it adds to the top reason.',
    `evidence.text` Array(String) COMMENT 'In words, strongest first. In words.',
    `evidence.at` Array(DateTime64(3, 'UTC')) COMMENT 'In words, strongest first. Event time, where it is one event.',
    `arm` LowCardinality(String) COMMENT 'Experiment arm.',
    `degraded` Array(LowCardinality(String)) COMMENT 'What was missing: no_model, identity_conflict and so on.',
    `ingested_at` DateTime64(3, 'UTC') COMMENT 'Wall clock at which the trigger was taken in, for latency only.',
    `action_id` LowCardinality(String) COMMENT 'Catalogue id, such as A02.',
    `action_treatment` LowCardinality(String) COMMENT 'Variant, such as the queue it routes to.',
    `action_channel` LowCardinality(String) COMMENT 'Where it is to happen.',
    `action_score` Float64 COMMENT 'Arbitration score.',
    `action_propensity` Float64 COMMENT 'Probability with which the policy chose it.',
    `record_topic` LowCardinality(String) COMMENT 'Topic that this row was read from.',
    `record_partition` Int32 COMMENT 'Partition of that topic.',
    `record_offset` Int64 COMMENT 'Offset of the record there.'
)
AS SELECT `log`, `decision_id`, `supersedes`, `cancelled`, `delivered`, `person_ref`, `contact_ref`, `as_of`, `expires_at`, `trigger_id`, `prediction_id`, `policy_version`, `model_version`, `taxonomy_version`, `reasons.code`, `reasons.p`, `p_15m`, `p_24h`, `urgency`, `effort`, `frustration`, `last_resort`, `alternatives.id`, `alternatives.treatment`, `alternatives.channel`, `alternatives.score`, `alternatives.propensity`, `receipt.action`, `receipt.stage`, `receipt.rule`, `evidence.feature`, `evidence.weight`, `evidence.text`, `evidence.at`, `arm`, `degraded`, `ingested_at`, `action_id`, `action_treatment`, `action_channel`, `action_score`, `action_propensity`, `record_topic`, `record_partition`, `record_offset`
FROM {db}.actions FINAL
WHERE log = (SELECT argMax(log, set_at) FROM {db}.current WHERE name = 'attune.identified')
COMMENT 'Each decision once, delivered or not, of the log in force.';
