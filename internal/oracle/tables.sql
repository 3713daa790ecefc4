-- What the oracle is given: touchpoints and links as their sources sent them, and of attune only which records it refused
-- or took for late. Identifiers are hashes of this run. The tables are of the session and end with it.
CREATE TEMPORARY TABLE sent
(
    topic String, partition Int32, offset Int64,
    event_id String, at Int64, channel String, contact_id String,
    identifiers Array(Tuple(kind String, value String)),
    event String, reason String, results Int32, priority Int32,
    wait_ms Int64, talk_ms Int64, queued Bool, answered Bool, abandoned Bool, phantom Bool
);

CREATE TEMPORARY TABLE links (place Int64, op String, identifier String, subject String);

CREATE TEMPORARY TABLE refused (topic String, partition Int32, offset Int64);

CREATE TEMPORARY TABLE dropped (event_id String);
