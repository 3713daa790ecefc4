-- Which page, which step of it, sends people to the phone? The one to mend first is on top. A call after two steps that
-- failed is counted with each.
SELECT
    step.1 AS channel,
    step.2 AS page,
    step.3 AS what_failed,
    count() AS calls,
    uniqExact(person_ref) AS persons,
    round(quantile(0.5)(seconds_after_last)) AS median_seconds_to_call
FROM attune.last_resort_contacts
ARRAY JOIN arrayDistinct(arrayZip(`steps.channel`, `steps.page`, `steps.event`)) AS step
WHERE disposed
GROUP BY step
ORDER BY calls DESC, page
LIMIT 20
