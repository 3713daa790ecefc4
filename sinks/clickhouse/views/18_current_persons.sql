-- An anonymous journey keeps the pseudonym that it had; this says who it turned out to be.
CREATE OR REPLACE VIEW {db}.current_persons
(
    `shard` String COMMENT 'Keyed fingerprint of an identifier, as in current_touchpoints.',
    `person_ref` String COMMENT 'Whose it is today.',
    `moves` UInt64 COMMENT 'How often it has moved.',
    `since` DateTime64(3, 'UTC') COMMENT 'Event time of the link that moved it last.'
)
AS SELECT shard, argMax(person_ref, epoch) AS person_ref, uniqExact(epoch) AS moves, argMax(at, epoch) AS since
FROM {db}.shard_moves
WHERE log = (SELECT argMax(log, set_at) FROM {db}.current WHERE name = 'attune.identified')
GROUP BY shard
COMMENT 'Whose each shard is today. Shards that are not here are still their pseudonym''s.';
