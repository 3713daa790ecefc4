-- What is known of each contact in the end.
SELECT k.contact_id AS contact_id, k.start AS start, toBool(k.concluded) AS concluded, k.reason AS reason,
    toBool(k.queued) AS queued, toBool(k.answered) AS answered, toBool(k.abandoned) AS abandoned, k.wait_ms AS wait_ms, k.failed_steps AS failed_steps,
    k.steps AS steps, k.digital_at AS digital_at,
    toBool(k.repeat) AS repeat, toBool(k.repeated) AS repeated, toBool(k.judged) AS judged, toBool(k.resolved) AS resolved, toBool(k.crowded) AS crowded
FROM known AS k
ORDER BY contact_id
