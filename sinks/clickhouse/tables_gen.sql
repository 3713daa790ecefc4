-- Generated from the .avsc files by internal/chgen. DO NOT EDIT.
-- {db} stands for the database.

CREATE TABLE IF NOT EXISTS {db}.touchpoints
(
    `log` LowCardinality(String) COMMENT 'Topic UUID of the attune.identified that this was computed from.',
    `event_id` String COMMENT 'Unique for ever: the CloudEvents source and id, joined by a slash.',
    `occurred_at` DateTime64(3, 'UTC') COMMENT 'Event time.',
    `received_at` DateTime64(3, 'UTC') COMMENT 'When the source system took it in.',
    `channel` LowCardinality(String) COMMENT 'Where it happened; must be the channel of its topic.',
    `contact_id` String COMMENT 'The contact center\'s own id of the call or chat, where there is one.',
    `language` LowCardinality(String) COMMENT 'BCP 47 tag that the patient chose, where stated.',
    `event` LowCardinality(String) COMMENT 'What happened.',
    `page` LowCardinality(String) COMMENT 'web: Page in the site\'s content map, such as refill/form; never a URL. app: Screen in the site\'s content map.',
    `reason` LowCardinality(String) COMMENT 'web: Contact reason that the content map gives this page, or empty. app: Contact reason of the screen, bot intent or message topic, or empty. call: Contact reason, once known (disposition), or what an IVR took it for. ehr: Contact reason that the site\'s map ties to this fact, or empty.',
    `results` Int32 COMMENT 'Search results found, up to a million; -1 where not a search. INGEST empties what cannot be, here and below.',
    `dwell_ms` Int32 COMMENT 'web: Milliseconds on the page before this step, 0 to a day. app: Milliseconds on the screen before this step, 0 to a day.',
    `message_id` String COMMENT 'Portal message thread, where the event is about one.',
    `queue` LowCardinality(String) COMMENT 'Queue or line, or empty.',
    `priority` Int32 COMMENT 'The contact center\'s own priority, 0 to 15.',
    `wait_ms` Int64 COMMENT 'Time in the queue, 0 to a day: on answered, abandoned and disposition.',
    `talk_ms` Int64 COMMENT 'Time with the agent, 0 to a day: on ended and disposition.',
    `self_service_ms` Int64 COMMENT 'Time in the voice menu, 0 to a day: on self_service and disposition.',
    `queued` Bool COMMENT 'On disposition: the call had stood in a queue.',
    `answered` Bool COMMENT 'On disposition: an agent took the call.',
    `abandoned` Bool COMMENT 'On disposition: the caller hung up in the queue.',
    `relation` String COMMENT 'Who calls for the patient whom the identifiers name: parent, guardian, caregiver or another relationship of FHIR\'s RelatedPerson; empty: the patient, as far as is known. INGEST says it where the number is linked to the patient with a relation.',
    `may_know` String COMMENT 'With a relation: what that person may be told, as the health record has it: all, scheduling, billing, none or a code of the site; empty: not known. INGEST says it as it does the relation.',
    `authenticated` String COMMENT 'How this call proved who calls: voice_pin, token (handed over by a logged-in session), agent and so on; empty: it did not. A caller\'s number proves nothing.',
    `second_reason` String COMMENT 'On disposition: another contact reason of the same contact, where it had two; models learn each with half the weight. Figures count the contact under reason.',
    `acts_as` String COMMENT 'call: Of whoever calls, where the call does not tell for whom: what they are to a patient for whom they may act. INGEST says it of a number that several patients have, of one of them by a relation. ehr: Of whoever the identifiers name, and not of a patient\'s care (FHIR RelatedPerson): may act for a patient, who is not named, as parent, guardian, caregiver or another relationship; none: no longer; empty: not such a record.',
    `code` LowCardinality(String) COMMENT 'Code that goes with it, such as a Gravity category for need_recorded.',
    `status` LowCardinality(String) COMMENT 'Status, such as denied or abnormal_critical, or empty.',
    `due_at` DateTime64(3, 'UTC') COMMENT 'When it falls due (appointment, refill), from two years before it occurred to ten years after; 0 where it does not.',
    `provenance` LowCardinality(String) COMMENT 'For needs: self-reported, observed, administrative or derived.',
    `person_ref` String COMMENT 'The owner, minted once; or the shard\'s pseudonym.',
    `shard` String COMMENT 'Keyed fingerprint of the identifier that this belongs to.',
    `epoch` Int32 COMMENT 'How often the shard had moved when the sender looked it up; 0 is the pseudonym.',
    `identity_conflict` Bool COMMENT 'The other identifiers name another person.',
    `judged_by` DateTime64(3, 'UTC') COMMENT 'Watermark that first judged a held or forwarded record; -1 on the first way.',
    `ingested_at` DateTime64(3, 'UTC') COMMENT 'Wall clock of the ingest task, for latency only.',
    `source_topic` LowCardinality(String) COMMENT 'Where the record came from.',
    `source_partition` Int32 COMMENT 'Its partition there.',
    `source_offset` Int64 COMMENT 'Its offset there.',
    `record_topic` LowCardinality(String) COMMENT 'Topic that this row was read from.',
    `record_partition` Int32 COMMENT 'Partition of that topic.',
    `record_offset` Int64 COMMENT 'Offset of the record there.',
    `version` UInt64 COMMENT 'Of the copies of a row the one with the highest stays: 18446744073709551614 - record_offset, the first copy stays; 18446744073709551615 where refused.',
    `refused` UInt8 COMMENT '1 where the patient\'s task refused this copy (event_id_conflict, processing_failed): with FINAL the row is gone.',
    `inserted_at` DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'Wall clock of the server when this copy arrived; minus ingested_at it is the freshness.',
    INDEX by_person_ref person_ref TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX by_shard shard TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX by_contact_id contact_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version, refused)
PARTITION BY toYYYYMM(occurred_at)
ORDER BY (log, channel, occurred_at, event_id)
SETTINGS min_bytes_for_wide_part = 134217728
COMMENT 'What patients did on web, app and phone, and what the health record says: accepted and late ones. Read view current_touchpoints.';

CREATE TABLE IF NOT EXISTS {db}.shard_moves
(
    `log` LowCardinality(String) COMMENT 'Topic UUID of the attune.identified that this was computed from.',
    `shard` String COMMENT 'Keyed fingerprint of the identifier that this belongs to.',
    `epoch` Int32 COMMENT 'How often the shard had moved when the sender looked it up; 0 is the pseudonym.',
    `ingested_at` DateTime64(3, 'UTC') COMMENT 'Wall clock of the ingest task, for latency only.',
    `person_ref` String COMMENT 'The new owner\'s person_ref.',
    `at` DateTime64(3, 'UTC') COMMENT 'Event time of the link.',
    `record_topic` LowCardinality(String) COMMENT 'Topic that this row was read from.',
    `record_partition` Int32 COMMENT 'Partition of that topic.',
    `record_offset` Int64 COMMENT 'Offset of the record there.',
    `version` UInt64 COMMENT 'Of the copies of a row the one with the highest stays: record_offset.',
    `inserted_at` DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'Wall clock of the server when this copy arrived; minus ingested_at it is the freshness.'
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(at)
ORDER BY (log, shard, at, epoch)
SETTINGS min_bytes_for_wide_part = 134217728
COMMENT 'Which person an identifier\'s shard was moved to. Touchpoints keep the person_ref of their time; view current_touchpoints joins this to name the person of today.';

CREATE TABLE IF NOT EXISTS {db}.predictions
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
    `record_offset` Int64 COMMENT 'Offset of the record there.',
    `version` UInt64 COMMENT 'Of the copies of a row the one with the highest stays: record_offset.',
    `inserted_at` DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'Wall clock of the server when this copy arrived; minus ingested_at it is the freshness.',
    INDEX by_prediction_id prediction_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX by_person_ref person_ref TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX by_contact_ref contact_ref TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(as_of)
ORDER BY (log, as_of, prediction_id)
SETTINGS min_bytes_for_wide_part = 134217728
COMMENT 'Whether, when and why a patient was expected to make contact, as of a moment. Read view current_predictions.';

CREATE TABLE IF NOT EXISTS {db}.actions
(
    `log` LowCardinality(String) COMMENT 'Topic UUID of the attune.identified that this was computed from.',
    `decision_id` String COMMENT 'Deterministic: policy, trigger, ordinal. The same after a replay.',
    `supersedes` String COMMENT 'The open decision that this one replaces.',
    `cancelled` Bool COMMENT 'The superseded action is withdrawn and nothing takes its place.',
    `delivered` Bool COMMENT 'False for do-nothing and holdouts, which contact centers do not see.',
    `person_ref` String COMMENT 'Who.',
    `contact_ref` String COMMENT 'The contact center\'s own call id; null outside a contact, and where the call has no id.',
    `as_of` DateTime64(3, 'UTC') COMMENT 'Event time of the trigger.',
    `expires_at` DateTime64(3, 'UTC') COMMENT 'Event time after which it must not be used.',
    `trigger_id` String COMMENT 'Event id or timer that caused it.',
    `prediction_id` String COMMENT 'The prediction it rests on.',
    `policy_version` LowCardinality(String) COMMENT 'Catalogue and rules.',
    `model_version` LowCardinality(String) COMMENT 'Model of the prediction.',
    `taxonomy_version` LowCardinality(String) COMMENT 'Reasons.',
    `reasons.code` Array(LowCardinality(String)) COMMENT 'At most three: first the reason that is named, then the others, most probable first. Reason code of the taxonomy.',
    `reasons.p` Array(Float64) COMMENT 'At most three: first the reason that is named, then the others, most probable first. Probability.',
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
    `alternatives.service` Array(String) COMMENT 'At most three, best first. Who helps, for what safety demands: emergency_services, crisis_line, poison_control, nurse; else empty.',
    `alternatives.number` Array(String) COMMENT 'At most three, best first. How that service is reached, as the site\'s catalogue says for the patient\'s language, such as 911; or empty.',
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
    `duties.code` Array(LowCardinality(String)) COMMENT 'The most urgent first; without what the action itself does. emergency, crisis_line, poison_control, nurse, interpreter, verify_identity, condolence, clinician_first, authority.',
    `duties.service` Array(String) COMMENT 'The most urgent first; without what the action itself does. Who helps, as in the action; or empty.',
    `duties.number` Array(String) COMMENT 'The most urgent first; without what the action itself does. How that service is reached, as in the action; or empty.',
    `duties.value` Array(String) COMMENT 'The most urgent first; without what the action itself does. What it is about: the language of an interpreter, the relation of a caller; or empty.',
    `duties.because` Array(String) COMMENT 'The most urgent first; without what the action itself does. The kind of red flag, or the code of the fact, that demands it.',
    `facts.code` Array(LowCardinality(String)) COMMENT 'In the order in which a brief tells them. identity_conflict, deceased, minor, proxy, repeat, hung_up, language, interpreter, do_not_contact, critical_result, unknown_caller, authenticated, prefers, appointment, acts_for_others.',
    `facts.value` Array(String) COMMENT 'In the order in which a brief tells them. repeat: reason; proxy: relation; language and interpreter: BCP 47 tag; authenticated: how; prefers: channel; else empty.',
    `facts.detail` Array(String) COMMENT 'In the order in which a brief tells them. proxy: what the caller may be told (all, scheduling, billing, none or a code of the site); else empty.',
    `facts.n` Array(Int32) COMMENT 'In the order in which a brief tells them. repeat: the how-manieth contact about this within seven days, 2 or more; else 0.',
    `facts.at` Array(DateTime64(3, 'UTC')) COMMENT 'In the order in which a brief tells them. Event time of what shows it, or 0.',
    `facts.event_id` Array(String) COMMENT 'In the order in which a brief tells them. Touchpoint that shows it, or empty.',
    `red_flags.kind` Array(String) COMMENT 'The gravest first; each stays until an outcome says what became of it. emergency, self_harm, poison, urgent, critical_result.',
    `red_flags.source` Array(String) COMMENT 'The gravest first; each stays until an outcome says what became of it. What showed it: search, page, chatbot, form, message, ivr, health_record.',
    `red_flags.event_id` Array(String) COMMENT 'The gravest first; each stays until an outcome says what became of it. The touchpoint that showed it.',
    `red_flags.at` Array(DateTime64(3, 'UTC')) COMMENT 'The gravest first; each stays until an outcome says what became of it. Event time of that touchpoint.',
    `news` Array(String) COMMENT 'What has changed since the superseded decision, to be said first: flag:<kind>, duty:<code>, fact:<code>, failed_step, reason, action, treatment, withdrawn:<action>.',
    `exposed` String COMMENT 'The action about which the experiment\'s draw decided: the chosen one in the arm treatment, the one withheld in the arm holdout; empty where the draw decided nothing.',
    `contact_key` String COMMENT 'The contact, which no other has: event id of the touchpoint that it began with; empty outside a contact.',
    `action_id` LowCardinality(String) COMMENT 'Catalogue id, such as A02.',
    `action_treatment` LowCardinality(String) COMMENT 'Variant, such as the queue it routes to.',
    `action_channel` LowCardinality(String) COMMENT 'Where it is to happen.',
    `action_score` Float64 COMMENT 'Arbitration score.',
    `action_propensity` Float64 COMMENT 'Probability with which the policy chose it.',
    `action_service` String COMMENT 'Who helps, for what safety demands: emergency_services, crisis_line, poison_control, nurse; else empty.',
    `action_number` String COMMENT 'How that service is reached, as the site\'s catalogue says for the patient\'s language, such as 911; or empty.',
    `record_topic` LowCardinality(String) COMMENT 'Topic that this row was read from.',
    `record_partition` Int32 COMMENT 'Partition of that topic.',
    `record_offset` Int64 COMMENT 'Offset of the record there.',
    `version` UInt64 COMMENT 'Of the copies of a row the one with the highest stays: record_offset.',
    `inserted_at` DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'Wall clock of the server when this copy arrived; minus ingested_at it is the freshness.',
    INDEX by_decision_id decision_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX by_person_ref person_ref TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX by_contact_ref contact_ref TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(as_of)
ORDER BY (log, as_of, decision_id)
SETTINGS min_bytes_for_wide_part = 134217728
COMMENT 'Decisions: the action chosen, delivered or not (do nothing, holdout), and what removed every other. Read view current_actions.';

CREATE TABLE IF NOT EXISTS {db}.outcomes
(
    `event_id` String COMMENT 'Unique for ever.',
    `decision_id` String COMMENT 'The decision it answers.',
    `person_ref` String COMMENT 'As the action named the person.',
    `occurred_at` DateTime64(3, 'UTC') COMMENT 'Event time.',
    `outcome` LowCardinality(String) COMMENT 'What happened.',
    `action` LowCardinality(String) COMMENT 'The catalogue\'s action id.',
    `reason` LowCardinality(String) COMMENT 'Why it was overridden or rejected: a code of the site.',
    `record_topic` LowCardinality(String) COMMENT 'Topic that this row was read from.',
    `record_partition` Int32 COMMENT 'Partition of that topic.',
    `record_offset` Int64 COMMENT 'Offset of the record there.',
    `version` UInt64 COMMENT 'Of the copies of a row the one with the highest stays: record_offset.',
    `inserted_at` DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'Wall clock of the server when this copy arrived; minus ingested_at it is the freshness.',
    INDEX by_decision_id decision_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(occurred_at)
ORDER BY (occurred_at, event_id)
SETTINGS min_bytes_for_wide_part = 134217728
COMMENT 'What became of actions, as contact centers report it. Read view current_outcomes.';

CREATE TABLE IF NOT EXISTS {db}.aggregates
(
    `aggregate` LowCardinality(String) COMMENT 'Name, such as contacts or touchpoints.',
    `window_start` DateTime64(3, 'UTC') COMMENT 'Event time, inclusive.',
    `window_end` DateTime64(3, 'UTC') COMMENT 'Event time, exclusive.',
    `channel` LowCardinality(String) COMMENT 'Dimension.',
    `reason` LowCardinality(String) COMMENT 'Dimension: reason code, or empty.',
    `priority` Int32 COMMENT 'Dimension: the contact center\'s priority.',
    `log` LowCardinality(String) COMMENT 'Topic UUID of the log it was computed from.',
    `partition` Int32 COMMENT 'Partition of that log.',
    `epoch` Int32 COMMENT 'Assignment count of the task.',
    `revision` Int32 COMMENT 'Counts emissions within the epoch.',
    `pane` LowCardinality(String) COMMENT 'What triggered it.',
    `basis` LowCardinality(String) COMMENT 'What the watermark rested on.',
    `watermark` DateTime64(3, 'UTC') COMMENT 'Watermark at emission.',
    `touchpoints` Int64 COMMENT 'Touchpoints in the window.',
    `contacts` Int64 COMMENT 'Contacts whose outcome became known.',
    `queued` Int64 COMMENT 'Of them, those that stood in a queue.',
    `abandoned` Int64 COMMENT 'Of the queued, those that hung up there.',
    `answered` Int64 COMMENT 'Contacts that an agent took.',
    `wait_ms` Int64 COMMENT 'Sum over all that queued.',
    `wait_answered_ms` Int64 COMMENT 'Sum over those answered.',
    `talk_ms` Int64 COMMENT 'Sum of time with agents.',
    `last_resort` Int64 COMMENT 'Contacts after failed digital attempts; 0 in aggregate touchpoints.',
    `persons` Int64 COMMENT 'Distinct persons of this partition.',
    `late` Int64 COMMENT 'Late records and corrections taken into the window.',
    `dropped` Int64 COMMENT 'Late records beyond allowed lateness, left out.',
    `repeats` Int64 COMMENT 'Contacts of persons who had made contact for the same reason in the 7 days before.',
    `failed_steps` Int64 COMMENT 'Failed digital steps before contacts.',
    `record_topic` LowCardinality(String) COMMENT 'Topic that this row was read from.',
    `record_partition` Int32 COMMENT 'Partition of that topic.',
    `record_offset` Int64 COMMENT 'Offset of the record there.',
    `version` UInt64 COMMENT 'Of the copies of a row the one with the highest stays: epoch * 4294967296 + revision.',
    `inserted_at` DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'Wall clock of the server when this copy arrived; minus ingested_at it is the freshness.'
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(window_start)
ORDER BY (log, aggregate, window_start, window_end, channel, reason, priority, partition)
SETTINGS min_bytes_for_wide_part = 134217728
COMMENT 'Windowed counts and sums, a row per window, dimensions and partition; a later emission replaces an earlier. Read view current_aggregates, and sum over partitions.';

CREATE TABLE IF NOT EXISTS {db}.contact_facts
(
    `log` LowCardinality(String) COMMENT 'Topic UUID of the attune.identified that this was computed from.',
    `contact_id` String COMMENT 'The contact center\'s own id; empty where it gave none.',
    `person_ref` String COMMENT 'Who, as of this revision.',
    `channel` LowCardinality(String) COMMENT 'Channel of the contact.',
    `started_at` DateTime64(3, 'UTC') COMMENT 'Event time of its earliest touchpoint.',
    `ended_at` DateTime64(3, 'UTC') COMMENT 'Event time at which it ended or was abandoned; 0 where only the disposition says that it is over.',
    `concluded_at` DateTime64(3, 'UTC') COMMENT 'Event time of its disposition; 0 where none has come.',
    `concluded` Bool COMMENT 'A disposition has come.',
    `reason` LowCardinality(String) COMMENT 'Contact reason, from the disposition; empty where none has come.',
    `priority` Int32 COMMENT 'The contact center\'s own priority.',
    `queue` LowCardinality(String) COMMENT 'Last queue or line, or empty.',
    `queued` Bool COMMENT 'It stood in a queue.',
    `abandoned` Bool COMMENT 'The caller hung up in the queue: nothing was resolved.',
    `answered` Bool COMMENT 'An agent took it.',
    `wait_ms` Int64 COMMENT 'Time in the queue.',
    `talk_ms` Int64 COMMENT 'Time with the agent.',
    `last_resort` Bool COMMENT 'Digital steps had failed before it.',
    `failed_steps` Int32 COMMENT 'How many.',
    `last_failed_event` String COMMENT 'Event id of the last of them, or empty.',
    `last_failed_at` DateTime64(3, 'UTC') COMMENT 'Its event time; 0 where none failed.',
    `last_failed_channel` LowCardinality(String) COMMENT 'Its channel.',
    `last_failed_kind` LowCardinality(String) COMMENT 'What failed.',
    `last_failed_reason` LowCardinality(String) COMMENT 'Contact reason that it is tied to, or empty.',
    `repeat` Bool COMMENT 'The person had made contact for the same reason in the 7 days before.',
    `previous_at` DateTime64(3, 'UTC') COMMENT 'When the last such contact began; 0 where there is none.',
    `revision` Int32 COMMENT 'Counts what has been said of the contact.',
    `final` Bool COMMENT 'Nothing that is in time can change it: the channels that it depends on have passed it.',
    `contact_key` String COMMENT 'The contact, which no other has: event id of the touchpoint that it began with; empty from a build that wrote none.',
    `withdrawn` Bool COMMENT 'A link has shown that its touchpoints are part of another contact: there is none of this key.',
    `self_contained` Bool COMMENT 'It says the five fields that follow. False from a build that wrote none, and where such a build had the person\'s steps of the day before: then they are looked up in touchpoints.',
    `steps.at` Array(DateTime64(3, 'UTC')) COMMENT 'The failed steps before it, by event time: the newest 256; failed_steps counts all. Event time.',
    `steps.channel` Array(LowCardinality(String)) COMMENT 'The failed steps before it, by event time: the newest 256; failed_steps counts all. Where.',
    `steps.kind` Array(LowCardinality(String)) COMMENT 'The failed steps before it, by event time: the newest 256; failed_steps counts all. What failed.',
    `steps.page` Array(LowCardinality(String)) COMMENT 'The failed steps before it, by event time: the newest 256; failed_steps counts all. Page or screen.',
    `steps.reason` Array(LowCardinality(String)) COMMENT 'The failed steps before it, by event time: the newest 256; failed_steps counts all. Contact reason it is tied to, or empty.',
    `steps.event_id` Array(String) COMMENT 'The failed steps before it, by event time: the newest 256; failed_steps counts all. The touchpoint.',
    `digital_at` DateTime64(3, 'UTC') COMMENT 'When the person took the last step on web or app that is tied to the contact\'s reason, failed or not, in the 24 h before it; 0 where they took none.',
    `language` LowCardinality(String) COMMENT 'Language that its touchpoints stated last, or empty.',
    `relation` String COMMENT 'Who calls for the patient, as its touchpoints said last; empty: the patient, as far as is known.',
    `record_topic` LowCardinality(String) COMMENT 'Topic that this row was read from.',
    `record_partition` Int32 COMMENT 'Partition of that topic.',
    `record_offset` Int64 COMMENT 'Offset of the record there.',
    `version` UInt64 COMMENT 'Of the copies of a row the one with the highest stays: concluded * 4294967296 + revision: a disposition tells more than its absence, which another shard may have said later.',
    `inserted_at` DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'Wall clock of the server when this copy arrived; minus ingested_at it is the freshness.',
    INDEX by_person_ref person_ref TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (log, contact_id, contact_key)
SETTINGS min_bytes_for_wide_part = 134217728
COMMENT 'What is known of each contact that is over, and of what the person did before it; a later revision replaces an earlier. Read view current_contact_facts.';

CREATE TABLE IF NOT EXISTS {db}.access_audit
(
    `event_id` String COMMENT 'Unique for ever.',
    `occurred_at` DateTime64(3, 'UTC') COMMENT 'Wall clock of the desk, before the answer left.',
    `who` LowCardinality(String) COMMENT 'Name of the token; loopback for whoever is on the desk\'s own machine.',
    `person_ref` String COMMENT 'Whom it was about.',
    `contact_ref` String COMMENT 'The contact that it was asked by, or null.',
    `what` LowCardinality(String) COMMENT 'contact, stream, persona, journey, decision, live or lookup.',
    `why` LowCardinality(String) COMMENT 'Purpose that the caller stated, as a code; or empty.',
    `desk` LowCardinality(String) COMMENT 'Instance that answered.',
    `record_topic` LowCardinality(String) COMMENT 'Topic that this row was read from.',
    `record_partition` Int32 COMMENT 'Partition of that topic.',
    `record_offset` Int64 COMMENT 'Offset of the record there.',
    `version` UInt64 COMMENT 'Of the copies of a row the one with the highest stays: record_offset.',
    `inserted_at` DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'Wall clock of the server when this copy arrived; minus ingested_at it is the freshness.',
    INDEX by_person_ref person_ref TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(occurred_at)
ORDER BY (occurred_at, event_id)
SETTINGS min_bytes_for_wide_part = 134217728
COMMENT 'Who was shown what is known of a person, and why: a row for each person in each answer of a desk. Read view current_access_audit.';
