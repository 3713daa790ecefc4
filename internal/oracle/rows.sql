-- What is known of each contact in the end.
SELECT k.contact_id AS contact_id, k.start AS start, toBool(k.concluded) AS concluded, k.reason AS reason, k.failed_steps AS failed_steps,
    toBool(k.repeat) AS repeat, toBool(k.repeated) AS repeated, toBool(k.judged) AS judged, toBool(k.resolved) AS resolved
FROM known AS k
ORDER BY contact_id
