-- Contacts by the window in which they were concluded, less those whose disposition came too late for it.
SELECT
    k.concluded_at - k.concluded_at % {size:Int64} AS window, k.reason AS reason, k.priority AS priority,
    count() AS contacts, countIf(k.queued) AS queued, countIf(k.abandoned) AS abandoned, countIf(k.answered) AS answered,
    sumIf(k.wait_ms, k.queued) AS wait_ms, sumIf(k.wait_ms, k.answered) AS wait_answered_ms, sumIf(k.talk_ms, k.answered) AS talk_ms,
    countIf(k.last_resort AND NOT k.crowded) AS last_resort, countIf(k.repeat AND NOT k.crowded) AS repeats, countIf(k.crowded) AS crowded
FROM known AS k
WHERE k.concluded AND k.disposition NOT IN (SELECT event_id FROM dropped)
GROUP BY window, reason, priority
ORDER BY window, reason, priority
