-- The last calls that were last resorts, each with the way there in words.
SELECT
    started_at,
    contact_id,
    reason,
    arrayStringConcat(arrayMap((e, p) -> concat(e, ' on ', p), `steps.event`, `steps.page`), ' > ') AS tried_before,
    round(seconds_after_last) AS then_called_after_s,
    round(wait_seconds) AS waited_s,
    noticed
FROM attune.last_resort_contacts
ORDER BY started_at DESC
LIMIT 20
