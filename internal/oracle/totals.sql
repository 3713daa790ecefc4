-- The figures over everything.
SELECT
    count() AS contacts, countIf(k.concluded) AS concluded, countIf(k.last_resort) AS last_resort, sum(k.failed_steps) AS failed_steps,
    countIf(k.comparable) AS with_reason, countIf(k.repeat) AS repeat, countIf(k.judged) AS judged, countIf(k.resolved) AS resolved,
    countIf(k.queued) AS queued, countIf(k.abandoned) AS abandoned, countIf(k.answered) AS answered,
    sumIf(k.wait_ms, k.queued) AS wait_ms, sumIf(k.wait_ms, k.answered) AS wait_answered_ms, sumIf(k.talk_ms, k.answered) AS talk_ms
FROM known AS k
