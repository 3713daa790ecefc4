-- Generated from the .avsc files by internal/chgen. DO NOT EDIT.
-- {db} stands for the database.

CREATE OR REPLACE VIEW {db}.current_aggregates
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
    `record_offset` Int64 COMMENT 'Offset of the record there.'
)
AS SELECT `aggregate`, `window_start`, `window_end`, `channel`, `reason`, `priority`, `log`, `partition`, `epoch`, `revision`, `pane`, `basis`, `watermark`, `touchpoints`, `contacts`, `queued`, `abandoned`, `answered`, `wait_ms`, `wait_answered_ms`, `talk_ms`, `last_resort`, `persons`, `late`, `dropped`, `repeats`, `failed_steps`, `record_topic`, `record_partition`, `record_offset`
FROM {db}.aggregates FINAL
WHERE log = (SELECT argMax(log, set_at) FROM {db}.current WHERE name = 'attune.identified')
COMMENT 'The newest version of each window, dimension set and partition, of the log in force.';
