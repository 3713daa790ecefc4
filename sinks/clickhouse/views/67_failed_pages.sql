-- Which steps failed before calls. A contact counts once for each of its rows, and stands on one day in one queue, so that
-- contacts add up over both; over pages they do not.
CREATE OR REPLACE VIEW {db}.failed_pages
(
    `day` Date COMMENT 'Day on which the contact began, in the site''s time zone (clickhouse.time_zone).',
    `queue` LowCardinality(String) COMMENT 'Last queue or line of the contact.',
    `page` LowCardinality(String) COMMENT 'Page or screen on which the step failed.',
    `event` LowCardinality(String) COMMENT 'What failed.',
    `channel` LowCardinality(String) COMMENT 'web or app.',
    `contacts` UInt64 COMMENT 'Contacts with such a step in the 24 hours before, of the newest 256 failed ones.',
    `steps` UInt64 COMMENT 'How many such steps.'
)
AS SELECT
    toDate(c.started_at, '{tz}') AS day, c.queue AS queue, page, event, channel, uniqExact(c.contact_key, c.contact_id) AS contacts, count() AS steps
FROM {db}.last_resort_contacts AS c
ARRAY JOIN c.`steps.page` AS page, c.`steps.event` AS event, c.`steps.channel` AS channel
GROUP BY day, queue, page, event, channel
COMMENT 'Failed steps before calls, by day, queue, page and kind.';
