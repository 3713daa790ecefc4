-- First-contact resolution: calls after which the same person did not call about the same reason within 7 days. An
-- abandoned call resolves nothing. Calls of the last 7 days of the data cannot be judged yet and are left out. Repeats,
-- beside them, are calls that follow another about the same within 7 days.
SELECT
    reason,
    countIf(judged) AS calls,
    countIf(resolved) AS resolved_at_first,
    round(resolved_at_first / nullIf(calls, 0), 3) AS first_contact_resolution,
    countIf(judged AND abandoned) AS hung_up,
    count() AS calls_so_far,
    round(countIf(repeat) / count(), 3) AS repeat_rate
FROM attune.contact_resolution
GROUP BY reason
ORDER BY calls DESC
