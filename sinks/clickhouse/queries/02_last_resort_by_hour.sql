-- Digital first, then the call: which share of calls came after failed attempts online, hour by hour? The hour is that of
-- the disposition; queries 03 and 04 are about the same calls.
SELECT
    hour,
    sum(contacts) AS calls,
    sum(last_resort) AS after_failing_online,
    round(100 * after_failing_online / calls, 1) AS percent,
    round(sum(failed_steps) / nullIf(after_failing_online, 0), 1) AS failed_steps_each
FROM attune.contacts_by_reason
WHERE channel = 'call'
GROUP BY hour
ORDER BY hour
