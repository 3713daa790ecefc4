-- Digital first, then the call: which share of calls came after failed attempts online, hour by hour?
SELECT
    hour,
    sum(contacts) AS calls,
    sum(last_resort) AS after_failing_online,
    round(100 * after_failing_online / calls, 1) AS percent
FROM attune.contacts_by_reason
WHERE channel = 'call'
GROUP BY hour
ORDER BY hour
