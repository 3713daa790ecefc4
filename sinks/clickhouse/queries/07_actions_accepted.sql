-- What was decided, what was shown, and what did people make of it?
SELECT
    action_id,
    treatment,
    count() AS decided,
    countIf(delivered) AS sent,
    countIf(shown) AS seen,
    countIf(accepted) AS taken,
    round(taken / nullIf(seen, 0), 3) AS acceptance,
    countIf(superseded) AS replaced_later,
    round(quantile(0.5)(if(outcome != '', seconds_to_outcome, NULL)), 1) AS median_s_to_outcome
FROM attune.actions_and_outcomes
GROUP BY action_id, treatment
ORDER BY decided DESC
LIMIT 30
