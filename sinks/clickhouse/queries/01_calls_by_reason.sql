-- What do people call about, how long do they wait, and how many give up?
-- Abandonment and mean wait are over the calls that stood in a queue; the wait of those answered is named by itself.
SELECT
    reason,
    sum(contacts) AS calls,
    round(100 * sum(abandoned) / nullIf(sum(queued), 0), 1) AS abandoned_percent,
    round(sum(wait_seconds) / nullIf(sum(queued), 0), 1) AS mean_wait_s,
    round(sum(wait_answered_seconds) / nullIf(sum(answered), 0), 1) AS mean_wait_answered_s,
    round(sum(talk_seconds) / nullIf(sum(answered), 0), 1) AS mean_talk_s
FROM attune.contacts_by_reason
WHERE channel = 'call'
GROUP BY reason
ORDER BY calls DESC
