-- Generated from the .avsc files by internal/chgen. DO NOT EDIT.
-- {db} stands for the database.

CREATE OR REPLACE VIEW {db}.journey
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
    `record_offset` Int64 COMMENT 'Offset of the record there.'
)
AS SELECT t.`log` AS `log`, t.`event_id` AS `event_id`, t.`occurred_at` AS `occurred_at`, t.`received_at` AS `received_at`, t.`channel` AS `channel`, t.`contact_id` AS `contact_id`, t.`language` AS `language`, t.`event` AS `event`, t.`page` AS `page`, t.`reason` AS `reason`, t.`results` AS `results`, t.`dwell_ms` AS `dwell_ms`, t.`message_id` AS `message_id`, t.`queue` AS `queue`, t.`priority` AS `priority`, t.`wait_ms` AS `wait_ms`, t.`talk_ms` AS `talk_ms`, t.`self_service_ms` AS `self_service_ms`, t.`queued` AS `queued`, t.`answered` AS `answered`, t.`abandoned` AS `abandoned`, t.`relation` AS `relation`, t.`may_know` AS `may_know`, t.`authenticated` AS `authenticated`, t.`second_reason` AS `second_reason`, t.`acts_as` AS `acts_as`, t.`code` AS `code`, t.`status` AS `status`, t.`due_at` AS `due_at`, t.`provenance` AS `provenance`, if(p.person_ref != '', p.person_ref, t.person_ref) AS `person_ref`, t.`shard` AS `shard`, t.`epoch` AS `epoch`, t.`identity_conflict` AS `identity_conflict`, t.`judged_by` AS `judged_by`, t.`ingested_at` AS `ingested_at`, t.`source_topic` AS `source_topic`, t.`source_partition` AS `source_partition`, t.`source_offset` AS `source_offset`, t.`record_topic` AS `record_topic`, t.`record_partition` AS `record_partition`, t.`record_offset` AS `record_offset`
FROM {db}.current_touchpoints AS t
LEFT JOIN {db}.current_persons AS p ON p.shard = t.shard
SETTINGS join_use_nulls = 0
COMMENT 'Each touchpoint once, with the person_ref that its shard has today: what a patient did before they were known is theirs, too.';
