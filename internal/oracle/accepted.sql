-- Each accepted touchpoint once, with its person. A call that names nobody is of a person known by the contact id.
CREATE TEMPORARY TABLE accepted AS
WITH
    once AS
    (
        SELECT * FROM sent
        WHERE NOT phantom AND (topic, partition, offset) NOT IN (SELECT topic, partition, offset FROM refused)
        ORDER BY event_id, topic, partition, offset
        LIMIT 1 BY event_id
    ),
    named AS
    (
        SELECT *,
            arraySort(i -> indexOf({order:Array(String)}, i.kind), arrayFilter(i -> has({order:Array(String)}, i.kind), identifiers)) AS known,
            if(empty(known), concat('contact:', contact_id), concat(known[1].kind, ':', known[1].value)) AS identifier
        FROM once
    )
SELECT
    n.event_id AS event_id, n.at AS at, n.channel AS channel, n.contact_id AS contact_id, n.event AS event, n.reason AS reason, n.results AS results,
    if(n.priority BETWEEN 0 AND 15, n.priority, 0) AS priority, if(n.wait_ms BETWEEN 0 AND 86400000, n.wait_ms, 0) AS wait_ms,
    if(n.talk_ms BETWEEN 0 AND 86400000, n.talk_ms, 0) AS talk_ms, n.queued AS queued, n.answered AS answered, n.abandoned AS abandoned,
    n.identifier AS identifier, if(p.person != '', p.person, n.identifier) AS person
FROM named AS n
LEFT JOIN persons AS p ON p.identifier = n.identifier;
