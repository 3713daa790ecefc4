-- Share of a reason is contacts / of_day; what is usual is contacts_before / of_before. js is this day's distance from the
-- 28 days before, in bits: 0 where reasons are as common as they were, 1 where none is the same.
CREATE OR REPLACE VIEW {db}.reason_mix
(
    `day` Date COMMENT 'Day on which the contact began, in the site''s time zone (clickhouse.time_zone).',
    `reason` LowCardinality(String) COMMENT 'From the disposition.',
    `contacts` UInt64 COMMENT 'Concluded contacts with this reason.',
    `of_day` UInt64 COMMENT 'With any reason; do not sum over reasons.',
    `contacts_before` UInt64 COMMENT 'With this reason in the 28 days before.',
    `of_before` UInt64 COMMENT 'With any reason in the 28 days before; do not sum over reasons.',
    `after_hours` UInt64 COMMENT 'Of contacts, those that began outside Monday to Friday, 8:00 to 18:00.',
    `js` Float64 COMMENT 'Jensen-Shannon divergence of the day''s mix from that of the 28 days before, base 2; the same in each row of a day, 0 without days before.'
)
AS SELECT
    day, reason, contacts, of_day, contacts_before, of_before, after_hours,
    if(of_before = 0, 0., sum((if(p > 0, p * log2(p / m), 0) + if(q > 0, q * log2(q / m), 0)) / 2) OVER (PARTITION BY day)) AS js
FROM
(
    SELECT
        day, reason, sum(n) AS contacts, sum(late) AS after_hours, sum(before) AS contacts_before,
        sum(contacts) OVER (PARTITION BY day) AS of_day, sum(contacts_before) OVER (PARTITION BY day) AS of_before,
        contacts / of_day AS p, if(of_before = 0, 0., contacts_before / of_before) AS q, (p + q) / 2 AS m
    FROM
    (
        -- Each day's contacts are also those before of the 28 days after it.
        SELECT d + shift AS day, reason, if(shift = 0, own, 0) AS n, if(shift = 0, own_late, 0) AS late, if(shift = 0, 0, own) AS before
        FROM
        (
            SELECT toDate(c.started_at, '{tz}') AS d, c.reason AS reason, count() AS own,
                   countIf(toDayOfWeek(c.started_at, 0, '{tz}') > 5 OR toHour(c.started_at, '{tz}') < 8 OR toHour(c.started_at, '{tz}') >= 18) AS own_late
            FROM {db}.contacts AS c
            WHERE c.disposed AND c.reason != ''
            GROUP BY d, reason
        )
        ARRAY JOIN range(29) AS shift
    )
    GROUP BY day, reason
)
WHERE of_day > 0
COMMENT 'Reasons of each day beside those of the four weeks before.';
