-- ECE = sum(abs(confidence - top_1)) / sum(contacts) over the bins of whatever days and models are looked at, after
-- summing the bins over them.
CREATE OR REPLACE VIEW {db}.prediction_calibration
(
    `day` Date COMMENT 'Day of the prediction in the site''s time zone (clickhouse.time_zone).',
    `quarter` DateTime('UTC') COMMENT 'Quarter of an hour of the prediction: days of any zone are made of these, toDate(quarter, zone).',
    `model_version` LowCardinality(String) COMMENT 'The model that made it.',
    `bin` UInt8 COMMENT 'Bin of the largest probability, 0 to 19: twentieths.',
    `contacts` UInt64 COMMENT 'Contacts in the bin.',
    `top_1` UInt64 COMMENT 'Of them, those whose reason was the most probable one.',
    `confidence` Float64 COMMENT 'Sum of the largest probability.'
)
AS SELECT
    toDate(s.as_of, '{tz}') AS day, toStartOfFifteenMinutes(s.as_of) AS quarter, s.model_version AS model_version,
    toUInt8(least(floor(s.likeliest * 20), 19)) AS bin, count() AS contacts, countIf(s.likeliest_true) AS top_1, sum(s.likeliest) AS confidence
FROM {db}.scored_contacts AS s
GROUP BY day, quarter, model_version, bin
COMMENT 'Whether a probability means what it says: the pieces of the expected calibration error.';
