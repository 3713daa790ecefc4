-- First-contact resolution: calls after which the same person did not call about the same reason within 7 days. Calls
-- of the last 7 days of the data cannot be judged yet and are left out.
SELECT
    reason,
    count() AS calls,
    countIf(NOT repeated) AS resolved,
    round(resolved / calls, 3) AS first_contact_resolution
FROM
(
    SELECT
        c.reason AS reason,
        c.started_at AS at,
        leadInFrame(at, 1, toDateTime64('2299-01-01', 3, 'UTC')) OVER (PARTITION BY c.person_ref, c.reason ORDER BY at ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS next_at,
        next_at <= at + INTERVAL 7 DAY AS repeated,
        max(at) OVER () AS last_at
    FROM attune.contacts AS c
    WHERE c.disposed AND c.reason != ''
)
WHERE at <= last_at - INTERVAL 7 DAY
GROUP BY reason
ORDER BY calls DESC
