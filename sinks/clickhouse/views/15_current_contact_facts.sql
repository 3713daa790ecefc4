-- Generated from the .avsc files by internal/chgen. DO NOT EDIT.
-- {db} stands for the database.

CREATE OR REPLACE VIEW {db}.current_contact_facts
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
    `record_offset` Int64 COMMENT 'Offset of the record there.'
)
AS SELECT `log`, `contact_id`, `person_ref`, `channel`, `started_at`, `ended_at`, `concluded_at`, `concluded`, `reason`, `priority`, `queue`, `queued`, `abandoned`, `answered`, `wait_ms`, `talk_ms`, `last_resort`, `failed_steps`, `last_failed_event`, `last_failed_at`, `last_failed_channel`, `last_failed_kind`, `last_failed_reason`, `repeat`, `previous_at`, `revision`, `final`, `contact_key`, `withdrawn`, `self_contained`, `steps.at`, `steps.channel`, `steps.kind`, `steps.page`, `steps.reason`, `steps.event_id`, `digital_at`, `language`, `relation`, `record_topic`, `record_partition`, `record_offset`
FROM {db}.contact_facts FINAL
WHERE log = (SELECT argMax(log, set_at) FROM {db}.current WHERE name = 'attune.identified') AND NOT withdrawn
COMMENT 'Each contact that is over once, as it is known now, of the log in force.';
