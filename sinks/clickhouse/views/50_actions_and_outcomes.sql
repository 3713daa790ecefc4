-- One row per decision. Outcomes may name a decision of another log: they are then not here.
CREATE OR REPLACE VIEW {db}.actions_and_outcomes
(
    `decision_id` String COMMENT 'The decision.',
    `as_of` DateTime64(3, 'UTC') COMMENT 'Event time of its trigger.',
    `person_ref` String COMMENT 'Who, as known then.',
    `contact_ref` String COMMENT 'The contact center''s own call id; empty outside a contact.',
    `action_id` LowCardinality(String) COMMENT 'Catalogue id; A00 is do nothing.',
    `treatment` LowCardinality(String) COMMENT 'Variant.',
    `channel` LowCardinality(String) COMMENT 'Where it was to happen.',
    `delivered` Bool COMMENT 'False for do nothing and holdouts, which nobody saw.',
    `cancelled` Bool COMMENT 'It only withdraws an earlier one.',
    `superseded` Bool COMMENT 'A later decision replaced it.',
    `arm` LowCardinality(String) COMMENT 'Experiment arm.',
    `reason` LowCardinality(String) COMMENT 'Most probable reason.',
    `probability` Float64 COMMENT 'Its probability.',
    `last_resort` Bool COMMENT 'Digital attempts had failed before this contact.',
    `model_version` LowCardinality(String) COMMENT 'Model of the prediction.',
    `policy_version` LowCardinality(String) COMMENT 'Catalogue and rules.',
    `propensity` Float64 COMMENT 'Probability with which the policy chose it.',
    `outcome` LowCardinality(String) COMMENT 'Newest outcome; empty where none was reported.',
    `outcome_at` DateTime64(3, 'UTC') COMMENT 'Its event time.',
    `shown` Bool COMMENT 'It was shown, or got an answer.',
    `accepted` Bool COMMENT 'It was accepted.',
    `seconds_to_outcome` Float64 COMMENT 'From the decision to the newest outcome.',
    `outcomes` Array(String) COMMENT 'All outcomes in order of time.',
    `contact_key` String COMMENT 'The contact, which no other has; empty outside one.'
)
AS SELECT
    a.decision_id AS decision_id, a.as_of AS as_of, a.person_ref AS person_ref, a.contact_ref AS contact_ref,
    a.action_id AS action_id, a.action_treatment AS treatment, a.action_channel AS channel, a.delivered AS delivered, a.cancelled AS cancelled,
    toBool(a.decision_id IN (SELECT supersedes FROM {db}.current_actions WHERE supersedes != '')) AS superseded,
    a.arm AS arm, a.reasons.code[1] AS reason, a.reasons.p[1] AS probability, a.last_resort AS last_resort,
    a.model_version AS model_version, a.policy_version AS policy_version, a.action_propensity AS propensity,
    o.list[-1].3 AS outcome, o.list[-1].1 AS outcome_at,
    toBool(hasAny(o.list.3, ['shown', 'accepted', 'rejected', 'ignored', 'overridden'])) AS shown,
    toBool(has(o.list.3, 'accepted')) AS accepted,
    if(empty(o.list), 0., dateDiff('millisecond', a.as_of, outcome_at) / 1000) AS seconds_to_outcome,
    o.list.3 AS outcomes, a.contact_key AS contact_key
FROM {db}.current_actions AS a
LEFT JOIN
(
    SELECT decision_id, arraySort(groupArray((occurred_at, event_id, toString(outcome)))) AS list
    FROM {db}.current_outcomes GROUP BY decision_id
) AS o ON o.decision_id = a.decision_id
SETTINGS join_use_nulls = 0
COMMENT 'Decisions, each with what became of it.';
