-- Repeats and first-contact resolution, as docs/kpis.md defines them: sum the flags, and divide by comparable or judged.
CREATE OR REPLACE VIEW {db}.contact_resolution
(
    `contact_id` String COMMENT 'The contact center''s own id.',
    `person_ref` String COMMENT 'Who.',
    `started_at` DateTime64(3, 'UTC') COMMENT 'When the contact began.',
    `reason` LowCardinality(String) COMMENT 'From the disposition.',
    `abandoned` Bool COMMENT 'The caller hung up in the queue: nothing was resolved.',
    `repeat` Bool COMMENT 'The person had made contact for the same reason in the 7 days before.',
    `next_at` DateTime64(3, 'UTC') COMMENT 'When the person next made contact for the same reason; 2299 where they did not.',
    `repeated` Bool COMMENT 'That was within 7 days.',
    `judged` Bool COMMENT 'It began 7 days or more before the newest contact: what became of it is known.',
    `resolved` Bool COMMENT 'Judged, not abandoned and not repeated.',
    `contact_key` String COMMENT 'The contact, which no other has: ids are used again.'
)
AS SELECT
    f.contact_id AS contact_id, f.person_ref AS person_ref, f.started_at AS started_at, f.reason AS reason, f.abandoned AS abandoned, f.repeat AS repeat,
    leadInFrame(f.started_at, 1, toDateTime64('2299-01-01', 3, 'UTC'))
        OVER (PARTITION BY f.person_ref, f.reason ORDER BY f.started_at, f.contact_id ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS next_at,
    toBool(next_at < f.started_at + INTERVAL 7 DAY) AS repeated,
    toBool(f.started_at <= (SELECT max(started_at) FROM {db}.contacts) - INTERVAL 7 DAY) AS judged,
    judged AND NOT repeated AND NOT f.abandoned AS resolved,
    f.contact_key AS contact_key
FROM {db}.contacts AS f
WHERE f.disposed AND f.reason != ''
COMMENT 'Concluded contacts with a reason: whether they repeat an earlier one, and whether they resolved it.';
